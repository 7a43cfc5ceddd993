#!/usr/bin/env python3
"""Measures Crafter steps per second: Pentathlon, the original and Craftax-Classic, on the same machine, in one run.

    python3 benches/compare_crafter.py
    python3 benches/compare_crafter.py --peers crafter --json results.json

Every peer is installed into a virtual environment of its own under target/peers. Everything is measured on one core
(by CPU affinity), with random actions and autoreset included, each in its own best way: the original steps one
environment, ours a batch of 1024, Craftax-Classic 64 (1024 without resets); ours draws its worlds from a pool of 1024
generated before the clock starts, long enough that days and nights are among the steps. `image` is the picture of 64 x 64 pixels (63 x 63 for
Craftax-Classic), `symbolic` the local view in numbers; the original has no such view, and is measured without any
observation instead. Craftax-Classic follows Crafter's rules closely, not exactly. Repeats are interleaved and the
median counts. Needs Python 3.10 or newer and Linux.
"""

import time

import peers

PEERS = ["crafter", "craftax"]
# The observation is the task, for everybody. Craftax-Classic makes a new world for every environment in every step, in
# case it has ended; what it does without is measured too.
TASKS = {observation: dict.fromkeys(PEERS, observation) for observation in ["symbolic", "image"]}
TASKS["symbolic, Craftax without resets"] = {"craftax": "symbolic-stepping"}
BATCH = 1024


# Measurements: each runs in the peer's virtual environment and gives (steps per second, batch size).


def measure_crafter(observation, seconds):
    """The original: one environment, a new world when an episode ends."""
    import crafter
    import numpy

    env = crafter.Env(seed=0)
    if observation == "symbolic":
        env.render = lambda size=None: None
    env.reset()
    actions = numpy.random.default_rng(0).integers(0, env.action_space.n, 4096).tolist()
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for action in actions[:256]:
            _, _, over, _ = env.step(action)
            if over:
                env.reset()
        done += 256
    return done / (time.perf_counter() - begin), 1


def measure_craftax(observation, seconds):
    """Craftax-Classic: a batch in JAX; its step resets ended environments."""
    import jax
    from craftax.craftax_env import make_craftax_env_from_name

    is_stepping = observation.endswith("stepping")
    num_envs, steps = (BATCH, 16) if is_stepping else (64, 4)
    name = "Craftax-Classic-Pixels-v1" if observation == "image" else "Craftax-Classic-Symbolic-v1"
    env = make_craftax_env_from_name(name, auto_reset=not is_stepping)
    params = env.default_params
    keys = jax.random.split(jax.random.PRNGKey(0), num_envs)
    _, state = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(keys, params)
    num_actions = env.action_space(params).n

    def step(carry, _):
        state, key = carry
        key, drawing, moving = jax.random.split(key, 3)
        actions = jax.random.randint(drawing, (num_envs,), 0, num_actions)
        keys = jax.random.split(moving, num_envs)
        seen, state, _, _, _ = jax.vmap(env.step, in_axes=(0, 0, 0, None))(keys, state, actions, params)
        return (state, key), seen.sum()

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, None, length=steps))
    carry, _ = jax.block_until_ready(run((state, jax.random.PRNGKey(1))))
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        carry, _ = jax.block_until_ready(run(carry))
        done += steps * num_envs
    return done / (time.perf_counter() - begin), num_envs


# The run.


def measure_ours(binary, observation, core):
    steps = 300 if observation == "image" else 2000
    form = observation.split(",")[0]
    command = [binary, "bench", "CrafterReward-v1", "--observation", form, "--num-envs", BATCH]
    command += ["--levels", BATCH, "--steps", steps, "--repeats", 1, "--threads", 1, "--device", "native", "--json"]
    report = peers.on_core(command, core)
    return report["steps_per_second"], report["num_envs"]


if __name__ == "__main__":
    peers.main(__file__, __doc__, PEERS, TASKS, globals(), measure_ours)

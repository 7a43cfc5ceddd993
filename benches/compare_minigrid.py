#!/usr/bin/env python3
"""Measures MiniGrid and BabyAI steps per second: Pentathlon and its peers, on the same machine, in one run.

    python3 benches/compare_minigrid.py                    # every peer that installs
    python3 benches/compare_minigrid.py --peers minigrid   # Farama's package only
    python3 benches/compare_minigrid.py --json results.json

Every peer is installed into a virtual environment of its own under target/peers. Everything is measured on
one core (by CPU affinity), with random actions, observation and autoreset included, each in its own best way:
Farama's package steps one environment, the others a batch. Everyone is measured for about the same time; repeats
are interleaved, so that a busy moment does not hit only one of them, and the median counts. Needs Python 3.10 or
newer and Linux.
"""

import time

import peers

PEERS = ["minigrid", "envpool", "navix", "xminigrid"]
# Our id -> the peers' names of the same task.
TASKS = {
    "MiniGrid-DoorKey-8x8-v0": {
        "minigrid": "MiniGrid-DoorKey-8x8-v0",
        "envpool": "MiniGrid-DoorKey-8x8-v0",
        "navix": "Navix-DoorKey-8x8-v0",
        "xminigrid": "MiniGrid-DoorKey-8x8",
    },
    "MiniGrid-KeyCorridorS3R3-v0": {
        "minigrid": "MiniGrid-KeyCorridorS3R3-v0",
        "envpool": "MiniGrid-KeyCorridorS3R3-v0",
        "navix": "Navix-KeyCorridorS3R3-v0",
    },
    "MiniGrid-Empty-8x8-v0": {
        "minigrid": "MiniGrid-Empty-8x8-v0",
        "envpool": "MiniGrid-Empty-8x8-v0",
        "navix": "Navix-Empty-8x8-v0",
        "xminigrid": "MiniGrid-Empty-8x8",
    },
    "BabyAI-GoToLocal-v0": {"minigrid": "BabyAI-GoToLocal-v0", "envpool": "BabyAI-GoToLocal-v0"},
    "BabyAI-BossLevel-v0": {"minigrid": "BabyAI-BossLevel-v0", "envpool": "BabyAI-BossLevel-v0"},
}


# Measurements: each runs in the peer's virtual environment and gives (steps per second, batch size, repeat).


def measure_minigrid(task, seconds):
    """Farama's package: one environment, reset when an episode ends."""
    import gymnasium
    import minigrid  # noqa: F401  (registers the ids)
    import numpy

    env = gymnasium.make(task, disable_env_checker=True)
    env.reset(seed=0)
    actions = numpy.random.default_rng(0).integers(0, env.action_space.n, 4096).tolist()
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for action in actions[:256]:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        done += 256
    return done / (time.perf_counter() - begin), 1


def measure_envpool(task, seconds):
    """EnvPool: a batch in C++, resets on its own."""
    import envpool
    import numpy

    num_envs = 256
    env = envpool.make(task, env_type="gymnasium", num_envs=num_envs, num_threads=1, seed=0)
    env.reset()
    actions = numpy.random.default_rng(0).integers(0, env.action_space.n, (64, num_envs)).astype(numpy.int32)
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for row in actions[:16]:
            env.step(row)
        done += 16 * num_envs
    return done / (time.perf_counter() - begin), num_envs


def measure_compiled(run, state, steps, num_envs, seconds):
    """A jitted `run(state) -> state` of `steps` steps: compiled first, then timed."""
    import jax

    state = jax.block_until_ready(run(state))
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        state = jax.block_until_ready(run(state))
        done += steps * num_envs
    return done / (time.perf_counter() - begin), num_envs


def measure_navix(task, seconds):
    """NAVIX: a batch in JAX; its step resets ended environments."""
    import jax
    import navix

    num_envs, steps = 1024, 32
    env = navix.make(task, observation_fn=navix.observations.symbolic_first_person)
    timesteps = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.PRNGKey(0), num_envs))

    def step(carry, _):
        timesteps, key = carry
        key, drawing = jax.random.split(key)
        actions = jax.random.randint(drawing, (num_envs,), 0, env.action_space.n)
        timesteps = jax.vmap(env.step)(timesteps, actions)
        return (timesteps, key), timesteps.observation.sum()

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, None, length=steps)[0])
    return measure_compiled(run, (timesteps, jax.random.PRNGKey(1)), steps, num_envs, seconds)


def measure_xminigrid(task, seconds):
    """XLand-MiniGrid: a batch in JAX with its resetting wrapper."""
    import jax
    import xminigrid
    from xminigrid.wrappers import GymAutoResetWrapper

    num_envs, steps = 1024, 32
    env, params = xminigrid.make(task)
    env = GymAutoResetWrapper(env)
    keys = jax.random.split(jax.random.PRNGKey(0), num_envs)
    timesteps = jax.jit(jax.vmap(env.reset, in_axes=(None, 0)))(params, keys)
    num_actions = env.num_actions(params)

    def step(carry, _):
        timesteps, key = carry
        key, drawing = jax.random.split(key)
        actions = jax.random.randint(drawing, (num_envs,), 0, num_actions)
        timesteps = jax.vmap(env.step, in_axes=(None, 0, 0))(params, timesteps, actions)
        return (timesteps, key), timesteps.observation.sum()

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, None, length=steps)[0])
    return measure_compiled(run, (timesteps, jax.random.PRNGKey(1)), steps, num_envs, seconds)


# The run.


def measure_ours(binary, task, core):
    command = [binary, "bench", task, "--num-envs", 4096, "--steps", 6000, "--repeats", 1, "--threads", 1]
    report = peers.on_core([*command, "--device", "native", "--json"], core)
    return report["steps_per_second"], report["num_envs"]


if __name__ == "__main__":
    peers.main(__file__, __doc__, PEERS, TASKS, globals(), measure_ours)

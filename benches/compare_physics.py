#!/usr/bin/env python3
"""Measures physics steps per second: Pentathlon and MuJoCo C, same models, same machine, in one run.

    python3 benches/compare_physics.py
    python3 benches/compare_physics.py --repeats 5 --json results.json

MuJoCo is installed into a virtual environment of its own under target/peers. Both are measured on one core (by CPU
affinity) with one thread: steps of 5 ms, position servos, new random joint targets (a normal distribution of 0.15 rad
around the stance) every 4 steps, robots that fall are put back. Targets are drawn before MuJoCo's clock starts and its
steps run inside its own C roll-out, so that Python costs it nothing. Its solver is Newton's with its default tolerance
of 1e-8, once with the pyramidal cone (its default) and once with the elliptic cone (the exact one, as ours is). Repeats
are interleaved and the median counts. Needs Python 3.10 or newer and Linux.
"""

import argparse
import json
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree

import peers

MODELS = peers.ROOT / "physics" / "tests" / "data"
STEP = 0.005
HOLD = 4
SIGMA = 0.15
CONES = ["pyramidal", "elliptic"]

LEGS = [-0.1, 0.8, -1.5, 0.1, 0.8, -1.5, -0.1, 1.0, -1.5, 0.1, 1.0, -1.5]
REACH = [-0.1187, 0.1938, 0.0858, -2.8204, -0.1284, 3.0124, 0.0928]
ROBOTS = {
    "quadruped": {
        "file": "quadruped.mjcf.xml",
        "gains": [(35.0, 0.5, limit) for limit in (23.7, 23.7, 35.55)] * 4,
        "stance": LEGS,
        "start": [0.0, 0.0, 0.34, 1.0, 0.0, 0.0, 0.0, *LEGS],
        "friction": 0.8,
        "box": False,
        # Explicit damping is stable for these gains, and MuJoCo's cheapest and default integrator.
        "integrator": "Euler",
    },
    "arm": {
        "file": "arm.mjcf.xml",
        "gains": [(600.0, 50.0, 87.0)] * 4 + [(250.0, 30.0, 12.0), (150.0, 25.0, 12.0), (50.0, 15.0, 12.0)],
        "stance": REACH,
        "start": [*REACH, 0.5, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0],
        "friction": 0.5,
        "box": True,
        # These gains need the damping implicitly.
        "integrator": "implicitfast",
    },
}


# MuJoCo, in its own virtual environment.


def build(robot, cone):
    """The robot's MJCF with floor, servos and, for the arm, the box, as text."""
    settings = ROBOTS[robot]
    tree = ElementTree.parse(MODELS / settings["file"]).getroot()
    option = tree.find("option")
    for name in ["tolerance", "iterations", "ls_iterations", "impratio"]:
        option.attrib.pop(name, None)
    option.attrib.update(timestep=str(STEP), cone=cone, solver="Newton", integrator=settings["integrator"])
    option.remove(option.find("flag"))
    friction = f"{settings['friction']} 0 0"
    for geom in tree.iter("geom"):
        geom.set("friction", friction)
    world = tree.find("worldbody")
    floor = {"type": "plane", "size": "0 0 1", "contype": "0", "conaffinity": "1"}
    ElementTree.SubElement(world, "geom", floor, condim="3", friction=friction)
    if settings["box"]:
        body = ElementTree.SubElement(world, "body", name="box", pos="0.5 0 0.05")
        ElementTree.SubElement(body, "freejoint")
        ElementTree.SubElement(
            body, "geom", type="box", size="0.05 0.05 0.05", mass="0.3", condim="3", friction=friction
        )
    actuators = tree.find("actuator")
    joints = [motor.get("joint") for motor in actuators]
    for motor in list(actuators):
        actuators.remove(motor)
    for joint, (kp, kd, limit) in zip(joints, settings["gains"]):
        ElementTree.SubElement(
            actuators, "position", joint=joint, kp=str(kp), kv=str(kd),
            forcelimited="true", forcerange=f"{-limit} {limit}",
        )
    return ElementTree.tostring(tree, encoding="unicode")


def measure_mujoco(robot, cone, seconds):
    """Steps per second of one thread, mean contacts and mean solver iterations."""
    import mujoco
    import numpy
    from mujoco import rollout

    settings = ROBOTS[robot]
    model = mujoco.MjModel.from_xml_string(build(robot, cone))
    data = mujoco.MjData(model)
    num_worlds, length = 32, 100
    random = numpy.random.default_rng(0)
    size = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_FULLPHYSICS)
    data.qpos[:] = settings["start"]
    mujoco.mj_forward(model, data)
    fresh = numpy.zeros(size)
    mujoco.mj_getState(model, data, fresh, mujoco.mjtState.mjSTATE_FULLPHYSICS)
    states = numpy.tile(fresh, (num_worlds, 1))
    done, spent = 0, 0.0
    while spent < seconds:
        drawn = random.normal(0.0, SIGMA, (num_worlds, length // HOLD, model.nu)) + settings["stance"]
        controls = numpy.repeat(drawn, HOLD, axis=1)
        begin = time.perf_counter()
        path, _ = rollout.rollout(model, data, states, controls)
        spent += time.perf_counter() - begin
        done += num_worlds * length
        states = path[:, -1, :].copy()
        if robot == "quadruped":
            # The state is time, positions, velocities: fallen is low, or turned over.
            height, quaternion = states[:, 3], states[:, 4:8]
            upright = 1.0 - 2.0 * (quaternion[:, 1] ** 2 + quaternion[:, 2] ** 2)
            states[(height < 0.15) | (upright < 0.5)] = fresh
        else:
            # The box is out of reach.
            states[numpy.abs(states[:, 8:10] - [0.5, 0.0]).max(axis=1) > 0.5] = fresh
    contacts, iterations, counted = 0, 0, 0
    for state in states[:8]:
        mujoco.mj_setState(model, data, state, mujoco.mjtState.mjSTATE_FULLPHYSICS)
        for target in random.normal(0.0, SIGMA, (10, model.nu)) + settings["stance"]:
            data.ctrl[:] = target
            for _ in range(HOLD):
                mujoco.mj_step(model, data)
                contacts += data.ncon
                iterations += int(data.solver_niter[0])
                counted += 1
    return {
        "steps_per_second": done / spent,
        "contacts_mean": contacts / counted,
        "solver": f"Newton, {cone} cone, {iterations / counted:.1f} iterations",
        "version": mujoco.__version__,
    }


# The run.


def measure_ours(arguments, robot, core):
    command = [arguments.binary, "physics", "bench", robot, "--num-worlds", arguments.num_worlds]
    command += ["--steps", arguments.steps, "--threads", 1, "--device", "native", "--control", "random-pd", "--json"]
    report = peers.on_core(command, core)
    return {
        "steps_per_second": report["steps_per_second"],
        "contacts_mean": report["contacts_mean"],
        "solver": f"block Gauss-Seidel, exact cone, {report['solver_iterations']} sweeps",
        "version": f"{report['num_worlds']} worlds",
    }


def measure_all(arguments):
    core = peers.last_core()
    python = peers.install("mujoco")
    if python is None:
        sys.exit("MuJoCo is what this measures beside; without it there is nothing to compare")
    found = {}
    for repeat in range(arguments.repeats):
        for robot in ROBOTS:
            print(f"repeat {repeat + 1} of {arguments.repeats}: {robot}", file=sys.stderr)
            found.setdefault((robot, "pentathlon"), []).append(measure_ours(arguments, robot, core))
            for cone in CONES:
                command = [python, __file__, "--measure", robot, cone, arguments.seconds]
                found.setdefault((robot, f"mujoco {cone}"), []).append(peers.on_core(command, core))
    results = []
    for (robot, who), reports in found.items():
        rate = statistics.median(report["steps_per_second"] for report in reports)
        rates = [report["steps_per_second"] for report in reports]
        spread = {"slowest": min(rates), "fastest": max(rates)}
        results.append({**reports[-1], **spread, "robot": robot, "who": who, "steps_per_second": rate})
    return results


def print_table(results):
    print("| robot | who | version | solver | contacts | steps/s, one core | Pentathlon is faster by |")
    print("| --- | --- | --- | --- | ---: | ---: | ---: |")
    ours = {result["robot"]: result["steps_per_second"] for result in results if result["who"] == "pentathlon"}
    for result in results:
        rate = result["steps_per_second"]
        ratio = "" if result["who"] == "pentathlon" else f"{ours[result['robot']] / rate:.1f}x"
        contacts = f"{result['contacts_mean']:.1f}"
        row = [result["robot"], result["who"], result["version"], result["solver"], contacts, f"{rate:,.0f}", ratio]
        print(f"| {' | '.join(row)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of one measurement of MuJoCo")
    parser.add_argument("--num-worlds", type=int, default=1024, help="worlds in our batch")
    parser.add_argument("--steps", type=int, default=400, help="steps of each of our worlds")
    peers.add_arguments(parser)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        robot, cone, seconds = arguments.measure
        print(json.dumps(measure_mujoco(robot, cone, float(seconds))))
        return
    peers.run(arguments, measure_all, print_table)


if __name__ == "__main__":
    main()

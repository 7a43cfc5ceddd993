#!/usr/bin/env python3
"""Measures QMIX on Trash-Grid 10x10, learner and collection together: Pentathlon and PyTorch stepping the same game in
Python, on the same machine, in one run.

    python3 benches/compare_qmix.py
    python3 benches/compare_qmix.py --seconds 60 --json results.json

PyTorch is installed into a virtual environment under target/peers (or is taken from --python). Networks are the same on
both sides: agents share a linear layer of 64, a GRU of 64 and a linear layer, the mixer has width 32 and hyper-networks
of 64; so are double Q-learning, RMSprop and minibatches of 32 whole episodes. Both use the cores of --cores (two unless
told otherwise). Frames are environment steps, all agents counting as one.

Ours is measured twice: with one update an episode, as the peer and the authors' public framework have it, and with the
ratio of experiments/qmix_trash_grid.toml. The first says how fast the same work is done; the second what an experiment
takes. Repeats are interleaved and the median counts. On a machine that does other work besides, the processor time of
all threads together says more than the clock.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import peers

EXPERIMENT = peers.ROOT / "experiments" / "qmix_trash_grid.toml"
PEER = Path(__file__).resolve().parent / "peers" / "qmix_torch.py"
# Names of the measurements, with the settings in which they differ from the experiment.
OURS = {
    "pentathlon, an update an episode": ["learner.episodes_per_update=1", "environment.num_envs=32"],
    "pentathlon, the experiment's ratio": [],
}


def on_cores(command, cores):
    """The last line of output of `command` on `cores` as JSON, with the processor time of all its threads."""
    worked = processor_time()
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if ended.returncode != 0:
        lines = ended.stderr.strip().splitlines()
        raise peers.Failed(lines[-1] if lines else f"{command[0]} ended with {ended.returncode} and no message")
    report = json.loads(ended.stdout.strip().splitlines()[-1])
    return {"processor_seconds": processor_time() - worked, **report}


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_peer(python, arguments, cores):
    return on_cores([python, PEER, "--seconds", arguments.seconds, "--threads", len(cores)], cores)


def measure_ours(settings, arguments, cores):
    """Once updates are made: a run to the first ones is subtracted from a longer one."""
    warm = 32 * 200 + 32 * 200
    frames = arguments.frames if settings else arguments.frames * 8
    reports = []
    for total in [warm, warm + frames]:
        with tempfile.TemporaryDirectory() as folder:
            command = [arguments.binary, "train-team", "--config", EXPERIMENT, "--out", Path(folder) / "run", "--json"]
            for setting in [*settings, f"frames={total}", f"report_every={total}", "evaluation.episodes=1"]:
                command += ["--set", setting]
            reports.append(on_cores(command, cores))
    short, long = reports
    result = {name: long[name] - short[name] for name in ["frames", "updates", "seconds", "processor_seconds"]}
    return {**result, "frames_per_second": result["frames"] / result["seconds"]}


def measure_all(arguments):
    cores = set(sorted(os.sched_getaffinity(0))[-arguments.cores :])
    python = arguments.python or peers.install("qmix_torch", "torch", "numpy")
    if python is None:
        sys.exit("PyTorch does not install here; give an environment that has it with --python")
    found = {}
    for repeat in range(arguments.repeats):
        print(f"repeat {repeat + 1} of {arguments.repeats}", file=sys.stderr)
        found.setdefault("torch", []).append(measure_peer(python, arguments, cores))
        for name, settings in OURS.items():
            found.setdefault(name, []).append(measure_ours(settings, arguments, cores))
    results = []
    for who, measured in found.items():
        rate = statistics.median(result["frames_per_second"] for result in measured)
        frames = sum(result["frames"] for result in measured)
        updates = sum(result["updates"] for result in measured)
        processor = sum(result["processor_seconds"] for result in measured)
        results.append(
            {
                "who": who,
                "cores": len(cores),
                "frames_per_second": rate,
                "frames_per_update": frames / updates,
                "frames_per_processor_second": frames / processor,
            }
        )
    return results


def print_table(results):
    torch = next(result for result in results if result["who"] == "torch")
    columns = ["who", "frames an update", "frames/s, all in", "faster by", "frames/s of processor time"]
    print(f"| {' | '.join(columns)} |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for result in results:
        rate, processor = result["frames_per_second"], result["frames_per_processor_second"]
        ratio = "" if result is torch else f"{rate / torch['frames_per_second']:.1f}x"
        more = "" if result is torch else f" ({processor / torch['frames_per_processor_second']:.1f}x)"
        cells = [result["who"], f"{result['frames_per_update']:.0f}", f"{rate:,.0f}", ratio, f"{processor:,.0f}{more}"]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of one measurement of the peer")
    parser.add_argument("--frames", type=int, default=64_000, help="frames of one measurement of ours")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--python", type=Path, help="a Python with torch and numpy, instead of a new environment")
    peers.add_arguments(parser)
    arguments = parser.parse_args()
    peers.run(arguments, measure_all, print_table)

"""What the scripts that measure peers have in common: a virtual environment for each peer under target/peers, one
core for everybody, our own binary in release."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target" / "peers"


class Failed(RuntimeError):
    """A measurement that gave no figure."""


def install(peer, *packages):
    """The Python of the virtual environment `peer` with `packages` (the peer itself when none is named), or None with
    the reason printed."""
    python, marker = FOLDER / peer / "bin" / "python", FOLDER / peer / "installed"
    if not marker.exists():
        print(f"installing {peer} ...", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", FOLDER / peer], check=True, capture_output=True)
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*command, *(packages or [peer])], check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            print(f"{peer} does not install here: {(error.stderr or '').strip()[-500:]}", file=sys.stderr)
            return None
        marker.touch()
    return python


def on_core(command, core):
    """Runs `command` on one core and returns its last line of output as JSON."""
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    if ended.returncode != 0:
        lines = ended.stderr.strip().splitlines()
        raise Failed(lines[-1] if lines else f"{command[0]} ended with {ended.returncode} and no message")
    return json.loads(ended.stdout.strip().splitlines()[-1])


def last_core():
    """The core that everything is measured on."""
    return max(os.sched_getaffinity(0))


def add_arguments(parser):
    """The arguments that all these scripts take."""
    parser.add_argument("--repeats", type=int, default=3, help="measurements of each; the median counts")
    parser.add_argument("--binary", type=Path, help="a built `pentathlon`; built in release when left out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results here")


def run(arguments, measure_all, print_table):
    """Builds what is missing, measures, prints and keeps the results."""
    if arguments.binary is None:
        subprocess.run(["cargo", "build", "--release", "--bin", "pentathlon"], cwd=ROOT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        arguments.binary = target / "release" / "pentathlon"
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    results = measure_all(arguments)
    print(f"load average after: {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


def measure_tasks(script, arguments, tasks, measure_ours):
    """Measures ours and every peer on every task, repeats interleaved, and gives the medians. `tasks` holds for each
    task the peers' names of it; a peer without one is left out. A peer is measured by `script` itself, called in the
    peer's environment with `--measure`."""
    core = last_core()
    pythons = {peer: install(peer) for peer in arguments.peers}
    rates, batches = {}, {}
    for repeat in range(arguments.repeats):
        for task, names in tasks.items():
            print(f"repeat {repeat + 1} of {arguments.repeats}: {task}", file=sys.stderr)
            for who in ["pentathlon", *arguments.peers]:
                try:
                    if who == "pentathlon":
                        rate, batch = measure_ours(arguments.binary, task, core)
                    elif who in names and pythons[who] is not None:
                        command = [pythons[who], script, "--measure", who, names[who], arguments.seconds]
                        rate, batch = on_core(command, core)
                    else:
                        continue
                except Failed as error:
                    print(f"{who} failed on {task}: {error}", file=sys.stderr)
                    continue
                rates.setdefault((task, who), []).append(rate)
                batches[task, who] = batch
    return [
        {"task": task, "who": who, "num_envs": batches[task, who], "steps_per_second": statistics.median(found)}
        for (task, who), found in rates.items()
    ]


def main(script, description, names, tasks, measurements, measure_ours):
    """The command line of a script that measures ours and the peers `names` on `tasks`; `measurements` are the
    functions that measure each peer, called `measure_PEER`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", nargs="*", default=names, choices=names, help="packages to measure beside ours")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement of a peer")
    add_arguments(parser)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        who, task, seconds = arguments.measure
        print(json.dumps(measurements[f"measure_{who}"](task, float(seconds))))
        return
    run(arguments, lambda arguments: measure_tasks(script, arguments, tasks, measure_ours), print_ratios)


def print_ratios(results):
    """The results as a table, with how much faster ours is than each peer on the same task."""
    print("| task | who | batch | steps/s, one core | Pentathlon is faster by |")
    print("| --- | --- | ---: | ---: | ---: |")
    ours = {result["task"]: result["steps_per_second"] for result in results if result["who"] == "pentathlon"}
    for result in results:
        rate = result["steps_per_second"]
        known = result["who"] != "pentathlon" and result["task"] in ours
        ratio = f"{ours[result['task']] / rate:,.0f}x" if known else ""
        print(f"| {result['task']} | {result['who']} | {result['num_envs']} | {rate:,.0f} | {ratio} |")

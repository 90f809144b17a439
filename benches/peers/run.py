#!/usr/bin/env python3
"""Times radgauge and its peers side by side, on one machine, in one run. See README.md."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]

# Tool: the Python that it is published for, and what its packages are built with where there is no wheel.
PEERS = {
    "pyradiomics": ("python3.11", ["numpy==1.26.4", "setuptools==75.8.0", "wheel==0.45.1", "cython==3.0.12", "versioneer==0.29"]),
    "mirp": ("python3.11", []),
    "pictologics": ("python3.12", []),
}
WORKLOADS = {
    "ct_c": "CT phantom, IBSI 1 configuration C",
    "ball": "256x256x128 image, ball of 498,944 voxels, 32 bins",
}


def set_up(tool, folder):
    """The Python of a tool's virtual environment, made when it is not there."""
    python, build = PEERS[tool]
    environment = folder / tool
    inside = environment / "bin" / "python"
    marker = environment / "complete"
    if not marker.exists():
        found = shutil.which(python) or sys.exit(f"{tool} needs {python} on the PATH")
        print(f"installing {tool} ...", flush=True)
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([found, "-m", "venv", environment], check=True)
        pip = [inside, "-m", "pip", "install", "--quiet"]
        if build:
            subprocess.run(pip + build, check=True)
            pip.append("--no-build-isolation")
        subprocess.run(pip + ["-r", HERE / "requirements" / f"{tool}.txt"], check=True)
        marker.touch()
    return inside


def build_radgauge():
    """The worker of radgauge, release build."""
    command = ["cargo", "build", "--release", "--quiet", "--example", "peers_worker"]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return target / "release" / "examples" / "peers_worker"


class Worker:
    """A process that has loaded an image, and extracts once for every line that it is sent."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.times, self.values = [], 0

    def extract(self):
        """One extraction: its wall time and the processor time of all its threads."""
        cpu_clock = (~self.process.pid << 3) | 2  # as clock_getcpuclockid makes it
        cpu, wall = time.clock_gettime(cpu_clock), time.perf_counter()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        wall, cpu = time.perf_counter() - wall, time.clock_gettime(cpu_clock) - cpu
        if not answer.strip().isdigit():
            sys.exit(f"{' '.join(self.process.args)} gave no number of values but {answer!r}")
        self.values = int(answer)
        return wall, cpu

    def peak_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024


def time_workload(workload, commands, rounds):
    """A row per tool, radgauge first: one extraction untimed, then rounds in which each has its turn."""
    workers = {}
    for tool, command in commands.items():
        print(f"{workload}: warming {tool} up ...", flush=True)
        workers[tool] = Worker(command)
        workers[tool].extract()
    for turn in range(rounds):
        print(f"{workload}: round {turn + 1} of {rounds}", flush=True)
        for worker in workers.values():
            worker.times.append(worker.extract())
    ours = None
    rows = []
    for tool, worker in workers.items():
        wall, cpu = map(statistics.median, zip(*worker.times))
        ours = ours or (wall, cpu)
        ratios = f"{wall / ours[0]:.1f} | {cpu / ours[1]:.1f}"
        rows.append(f"| {tool} | {wall:.3f} | {cpu:.3f} | {worker.peak_mib()} | {worker.values} | {ratios} |")
        worker.process.communicate()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where environments and the synthetic image are kept, some 2 GB")
    parser.add_argument("--data", type=Path, default=os.environ.get("RADGAUGE_DATA"), help="data sets; default RADGAUGE_DATA")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tools", nargs="*", choices=list(PEERS), default=list(PEERS))
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)

    radgauge = build_radgauge()
    pythons = {tool: set_up(tool, folder) for tool in arguments.tools}
    files = {"ball": (folder / "ball_image.nii", folder / "ball_mask.nii")}
    if not files["ball"][1].exists():
        python = pythons.get("pictologics") or sys.exit("the image is made in the environment of pictologics")
        subprocess.run([python, HERE / "synthetic.py", *files["ball"]], check=True)
    if arguments.data:
        nifti = Path(arguments.data).resolve() / "ibsi1" / "ct_phantom" / "nifti"
        files["ct_c"] = (nifti / "image.nii.gz", nifti / "mask.nii.gz")
    else:
        print("no CT phantom without --data or RADGAUGE_DATA", flush=True)

    report = []
    for workload, title in WORKLOADS.items():
        if workload not in files:
            continue
        settings = "ibsi-c" if workload == "ct_c" else HERE / "ball.toml"
        commands = {"radgauge": [radgauge, settings, *files[workload]]}
        for tool, python in pythons.items():
            commands[tool] = [python, HERE / "worker.py", tool, workload, *files[workload]]
        report += ["", f"{title}: medians of {arguments.rounds} rounds", ""]
        report += ["| tool | wall s | CPU s | peak MiB | values | wall / radgauge | CPU / radgauge |", "|---|---|---|---|---|---|---|"]
        report += time_workload(workload, commands, arguments.rounds)
    print("\n".join(report))


if __name__ == "__main__":
    main()

"""The cost of a whole build, from the project's own sources to a sealed release."""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60.0
BYTES = 2_000_000_000
STAGE = re.compile(r"^\W*(\w[\w ]*?)\s+[━╸╺ ]+.*?(\d+:\d\d:\d\d)\s*$", re.MULTILINE)
"""A finished progress bar, as it is left on the error output: its name and its time."""


def main() -> None:
    """Builds into a folder that goes away, and prints what it cost."""
    with tempfile.TemporaryDirectory(prefix="ess-kg-build-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        (data / "sources").symlink_to(ROOT / "data" / "sources")
        for name in ("moved.csv", "gone.csv", "judgements.csv"):
            if (ROOT / "data" / name).is_file():
                shutil.copy(ROOT / "data" / name, data)
        report(*timed(data))


def timed(data: Path) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Runs the command a person would run; the wall time and what it said."""
    environment = {name: value for name, value in os.environ.items() if name[:3] != "KG_"}
    environment |= {"KG_DATA": str(data), "KG_MODEL": str(ROOT), "COLUMNS": "120"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "kg.cli", "build", "--force"],
        cwd=ROOT, env=environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    wall = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"the build failed:\n{done.stderr}")
    return wall, done


def report(wall: float, done: subprocess.CompletedProcess[str]) -> None:
    """Prints the measures, each beside its bound where it has one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * 1024
    load = os.getloadavg()[0]
    print(done.stdout)
    print(f"load of the machine, last minute  {load:8.2f} on {os.cpu_count()} cores")
    print(f"wall time                         {wall:8.1f} s   {bound(wall, SECONDS, '60 s')}")
    print(f"processor time, user              {used.ru_utime:8.1f} s")
    print(f"processor time, system            {used.ru_stime:8.1f} s")
    print(f"peak memory of its largest process {peak / 1e6:7.0f} MB  {bound(peak, BYTES, '2 GB')}")
    for stage, elapsed in STAGE.findall(done.stderr):
        print(f"stage {stage:<20}        {seconds(elapsed):8d} s")


def bound(measured: float, most: float, name: str) -> str:
    """Where a measure stands beside its bound; it is told, never asserted."""
    return f"{'within' if measured <= most else 'over'} {name}"


def seconds(elapsed: str) -> int:
    """The seconds in `0:00:12`."""
    hours, minutes, rest = (int(part) for part in elapsed.split(":"))
    return (hours * 60 + minutes) * 60 + rest


if __name__ == "__main__":
    main()

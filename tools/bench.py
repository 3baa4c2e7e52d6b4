"""Run every benchmark as a process of its own and print a table.

python -m tools.bench      (make bench)
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tabulate import tabulate

from tools.sources import ROOT


def run_benchmark(path: Path) -> list[str]:
    """Run one benchmark; its own output goes to the terminal as it comes.

    Returns
    -------
    list of str
        Name, "ok" or the exit status, seconds, peak memory in MB, and the last line that it printed.
    """
    start, last = time.perf_counter(), ""
    process = subprocess.Popen([sys.executable, "-u", str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line.strip() or last
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    seconds = time.perf_counter() - start
    return [
        path.stem,
        "ok" if code == 0 else f"exit {code}",
        f"{seconds:.0f}",
        f"{usage.ru_maxrss / unit:.0f}",
        last,
    ]


def main(folder: Path = ROOT / "benchmarks") -> int:
    """Run all benchmarks of a folder one after the other; returns the exit status."""
    rows = []
    for path in sorted(folder.glob("[!_]*.py")):
        print(f"== {path.stem}", flush=True)
        rows.append(run_benchmark(path))
        print()
    headers = ["benchmark", "result", "seconds", "peak MB", "last line"]
    print(tabulate(rows, headers=headers, disable_numparse=True, maxcolwidths=[None, None, None, None, 70]))
    return int(any(row[1] != "ok" for row in rows))


if __name__ == "__main__":
    sys.exit(main())

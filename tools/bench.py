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

COLUMNS = ["benchmark", "result", "seconds", "peak MB", "last line"]


def main(folder: Path = ROOT / "benchmarks") -> int:
    """Run all benchmarks of a folder one after the other, their output as it comes; returns the exit status."""
    rows = []
    unit = 2**20 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux KiB
    for path in sorted(folder.glob("[!_]*.py")):
        print(f"== {path.stem}", flush=True)
        start, last = time.perf_counter(), ""
        process = subprocess.Popen([sys.executable, "-u", str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        figures = [f"{time.perf_counter() - start:.0f}", f"{usage.ru_maxrss / unit:.0f}"]
        rows.append([path.stem, "ok" if code == 0 else f"exit {code}", *figures, last])
    print(f"\n{tabulate(rows, headers=COLUMNS, disable_numparse=True, maxcolwidths=[None, None, None, None, 70])}")
    return int(any(row[1] != "ok" for row in rows))


if __name__ == "__main__":
    sys.exit(main())

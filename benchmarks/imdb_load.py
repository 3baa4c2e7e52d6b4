"""How long IMDB takes to load, and how much memory: the first time (from the archive) and afterwards.

Run with COURSE_DATA_DIR set to the folder that holds aclImdb_v1.tar.gz. Every figure comes
from a process of its own; the cache is a fresh folder that is removed afterwards. Seconds are
those of `load_imdb()`; memory is the peak of the whole process.

The two are held against limits (10 s cold, 1 s warm, 700 MB); the exit code says whether they hold.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

LIMITS = {"cold": 10.0, "warm": 1.0}
MEGABYTES = 700
CHILD = """
import json, sys, time
from course_utils.corpora import load_imdb
start = time.perf_counter()
reviews = load_imdb()
seconds = time.perf_counter() - start
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
except ImportError:  # Windows
    import psutil
    peak = psutil.Process().memory_info().peak_wset / 2**20
found = reviews.provenance
print()
print(json.dumps({"seconds": seconds, "peak": peak, "real": not found.is_sample, "what": str(found)}))
"""


def measure(cache: str) -> dict:
    """Load IMDB in a fresh process with the given cache folder; return seconds, peak MB and provenance."""
    environment = {**os.environ, "COURSE_CACHE_DIR": cache}
    finished = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(finished.stdout.splitlines()[-1])


def main(rounds: int = 3) -> int:
    """Print the table; return 1 if a limit is broken or IMDB is not at hand."""
    if not os.environ.get("COURSE_DATA_DIR"):
        print("Set COURSE_DATA_DIR to the folder that holds aclImdb_v1.tar.gz: a download is not measured here.")
        return 1
    runs = {"cold": [], "warm": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            for state in runs:
                runs[state].append(measure(cache))
    print(runs["cold"][0]["what"], "\n")
    print(f"{'':6} {'median s':>9} {'worst s':>9} {'limit s':>9} {'peak MB':>9} {'limit MB':>9}")
    good, medians = all(run["real"] for run in runs["cold"]), {}
    for state, limit in LIMITS.items():
        seconds, peak = [run["seconds"] for run in runs[state]], max(run["peak"] for run in runs[state])
        medians[state] = statistics.median(seconds)
        good &= medians[state] <= limit and peak <= MEGABYTES
        line = f"{state:6} {medians[state]:9.2f} {max(seconds):9.2f} {limit:9.2f}"
        print(f"{line} {peak:9.0f} {MEGABYTES:9}")
    print(f"\nwarm / cold: {medians['warm'] / medians['cold']:.3f}")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())

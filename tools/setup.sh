#!/bin/sh
# Makes .venv from the pins when it is missing or stale; says nothing when it is current.
#   sh tools/setup.sh          what every make target calls first
#   sh tools/setup.sh find     prints the interpreter that would be used, and stops
#   PYTHON=/path/to/python     uses that interpreter, and no other
# Stale: the pins or the package's settings changed, the folder moved, the interpreter is gone or is not $PYTHON's
# version, or a build was cut short (what it was built from is written last, so a half-built .venv says nothing).
set -eu
unset CDPATH PYTHONHOME PYTHONPATH __PYVENV_LAUNCHER__ PIP_TARGET PIP_PREFIX
export PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
cd "$(dirname "$0")/.."
CANDIDATES="python3.12 python3.13 python3.11 python3 python" # 3.12 first: the conda route uses it too
BUILT_FROM=.venv/course-stamp

# What a candidate must pass, under any Python, 2 included: prints "ok 3.12" or what is wrong.
PROBE='
import platform, sys
version = "%d.%d" % sys.version_info[:2]
if version not in ("3.11", "3.12", "3.13"):
    print("is Python " + version)
elif sys.maxsize < 2 ** 32:
    print("is a 32-bit Python; TensorFlow needs a 64-bit one")
elif platform.system() == "Darwin" and platform.machine() == "x86_64":
    print("is built for Intel Macs, which TensorFlow no longer supports: open the notebooks in Colab (README)")
else:
    try:
        import ensurepip, venv
        print("ok " + version)
    except ImportError:
        print("has no venv module; on Debian or Ubuntu: sudo apt install python%s-venv" % version)'

probe() { # really runs the candidate: a shim may exist and still fail
    command -v "$1" >/dev/null 2>&1 || { echo "is not installed"; return; }
    "$1" -c "$PROBE" 2>/dev/null </dev/null || echo "does not start"
}
find_python() { # sets $python and $version
    looked=""
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- $CANDIDATES; fi
    for python in "$@"; do
        version=$(probe "$python")
        case $version in "ok "*) version=${version#ok }; return 0 ;; esac
        looked="$looked
  $python $version"
    done
    cat >&2 <<END
No fitting Python. The course needs Python 3.11, 3.12 or 3.13 (64-bit) with its venv module. Looked at:$looked
What to install:
  Debian 12+, Ubuntu 24.04+:  sudo apt install python3 python3-venv
  Fedora:                     sudo dnf install python3.12
  macOS:                      brew install python@3.12, or the installer from python.org
Another one, by its path:  PYTHON=/path/to/python3.12 make course
END
    return 1
}
# The settings of ruff and pytest change nothing that is installed.
package() { awk '/^\[/ { keep = !/^\[tool\.(ruff|pytest)/ } keep' pyproject.toml | cksum; }
state() { echo "$(pwd -P)"; probe .venv/bin/python; cksum <requirements.txt; package; }
current() {
    [ "$(cat "$BUILT_FROM" 2>/dev/null)" = "$(state)" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(probe "$PYTHON")" = "$(probe .venv/bin/python)" ]
}
build() {
    python=$("$python" -c 'import sys; print(sys._base_executable)') # not the .venv that is about to go
    echo "Setting up .venv (missing, unfinished or stale): Python $version, $python"
    rm -rf .venv
    "$python" -m venv .venv
    echo "Installing the pinned packages; a few minutes, about 1 GB the first time"
    [ -t 1 ] && quiet="" || quiet="-q" # a terminal gets pip's progress bars
    .venv/bin/python -m pip install $quiet --require-hashes -r requirements.txt &&
        .venv/bin/python -m pip install -q --no-deps --no-build-isolation --editable . || { # build tools: pinned too
        echo "The installation did not finish. Fix what pip says above (often the network or a full disk) and give" >&2
        echo "the same command again: what has been downloaded is not fetched twice." >&2
        return 1
    }
    state >"$BUILT_FROM"
    echo "Set up."
}

[ "${1:-}" = find ] || ! current || exit 0
find_python
case "${1:-}" in
    find) echo "$python $version" ;;
    locked) build ;; # no other make builds now, and none has built it meanwhile
    *)  # The lock is a file held open, so it ends with its holder, however that ends.
        exec "$python" -c '
import fcntl, os
lock = open(".venv.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock.fileno(), True)
os.execvp("sh", ["sh", "tools/setup.sh", "locked"])' ;;
esac

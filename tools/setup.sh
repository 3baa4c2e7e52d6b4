#!/bin/sh
# Makes .venv from the pins when it is missing or stale; says nothing when it is current.
#
#   sh tools/setup.sh          what every make target calls first
#   sh tools/setup.sh find     prints the interpreter that would be used, and stops
#   PYTHON=/path/to/python     uses that interpreter, and no other
#
# Stale means: the pins changed, the folder moved, $PYTHON asks for another version, the interpreter is
# gone, or a build was cut short. The stamp is written last, so a half-built .venv never has one.
set -eu
unset CDPATH PYTHONHOME PYTHONPATH __PYVENV_LAUNCHER__ PIP_TARGET PIP_PREFIX
export PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
cd "$(dirname "$0")/.."

# 3.12 first: the middle of the range, which the conda route uses too; then the newer one, then the older.
CANDIDATES="python3.12 python3.13 python3.11 python3 python"
STAMP=.venv/course-stamp

# What a candidate must pass. Runs under any Python, 2 included; prints "ok 3.12" or what is wrong.
PROBE='
import platform, sys
version = "%d.%d" % sys.version_info[:2]
if version not in ("3.11", "3.12", "3.13"):
    print("is Python " + version)
elif sys.maxsize < 2 ** 32:
    print("is a 32-bit Python; TensorFlow needs a 64-bit one")
elif platform.system() == "Darwin" and platform.machine() == "x86_64":
    print("is built for Intel Macs, for which TensorFlow 2.21 has no wheel")
else:
    try:
        import ensurepip, venv
        print("ok " + version)
    except ImportError:
        print("has no venv module (%s)" % version)
'

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# Prints the answer of the probe; really runs the candidate, because a shim may exist and still fail.
probe() {
    command -v "$1" >/dev/null 2>&1 || { echo "is not installed"; return; }
    answer=$("$1" -c "$PROBE" 2>/dev/null </dev/null) || answer=""
    echo "${answer:-does not start}"
}

advise() {
    complain "What to install:"
    case "$1" in
        *"no venv module"*)
            version=$(printf '%s' "$1" | sed -n 's/.*no venv module (\(3\.[0-9]*\)).*/\1/p' | head -n 1)
            complain "  Debian, Ubuntu:  sudo apt install python$version-venv" ;;
        *)  complain "  Debian, Ubuntu:  sudo apt install python3 python3-venv   (Debian 12+, Ubuntu 24.04+)" ;;
    esac
    complain "  Fedora:          sudo dnf install python3.12"
    complain "  macOS:           brew install python@3.12, or the installer from python.org"
    case "$1" in
        *"Intel Macs"*) complain "  On an Intel Mac no Python will do: open the notebooks in Colab (README)." ;;
    esac
    complain "Another one, by its path:  PYTHON=/path/to/python3.12 make course"
}

# Sets $python and $version, or ends with a clear line.
find_python() {
    found=""
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- $CANDIDATES; fi
    for python in "$@"; do
        answer=$(probe "$python")
        case "$answer" in ok\ *) version=${answer#ok }; return 0 ;; esac
        [ "$answer" = "is not installed" ] && [ -z "${PYTHON:-}" ] || found="$found
  $python $answer"
    done
    complain "No fitting Python. The course needs Python 3.11, 3.12 or 3.13 (64-bit) with its venv module."
    [ -z "$found" ] || complain "Looked at:$found"
    [ -n "$found" ] || complain "None of these is installed: $CANDIDATES"
    advise "$found"
    return 1
}

pins() { cksum <requirements.txt | tr ' ' -; }
# The parts of pyproject.toml that an installation depends on; not the settings of ruff and pytest.
package() { awk '/^\[/ { keep = !/^\[tool\.(ruff|pytest)/ } keep' pyproject.toml | cksum | tr ' ' -; }
stamped() { sed -n "s/^$1 //p" "$STAMP" 2>/dev/null || true; }

# Prints why .venv must be built, or nothing when it need not.
reason() {
    if [ ! -d .venv ]; then echo "there is none yet"
    elif [ ! -f "$STAMP" ]; then echo "the last one was not finished"
    elif [ "$(stamped folder)" != "$(pwd -P)" ]; then echo "the folder has moved"
    elif [ "$(stamped pins)" != "$(pins)" ]; then echo "the pins have changed"
    elif [ "$(probe .venv/bin/python)" != "ok $(stamped python)" ]; then echo "its Python has gone"
    elif [ -n "${PYTHON:-}" ] && [ "$(probe "$PYTHON")" != "ok $(stamped python)" ]; then
        echo "\$PYTHON is another version"
    fi
}

write_stamp() {
    printf 'folder %s\npython %s\npins %s\npackage %s\n' "$(pwd -P)" "$version" "$(pins)" "$(package)" >"$STAMP.new"
    mv "$STAMP.new" "$STAMP"
}

pip_install() {
    quiet="-q"
    [ ! -t 1 ] || quiet=""   # a terminal gets pip's own progress bars
    .venv/bin/python -m pip install $quiet "$@" && return 0
    complain "The installation did not finish. Mend what pip says above (often the network or a full disk)"
    complain "and give the same command again: what has been downloaded is not fetched twice."
    return 1
}

install_package() {
    # No network here: the build tools are among the pins.
    pip_install --no-deps --no-build-isolation --editable . || return 1
    write_stamp
}

build() {
    started=$(date +%s)
    # The interpreter beneath: with .venv activated, the one found is the one that is about to be removed.
    python=$("$python" -c 'import sys; print(sys._base_executable)')
    say "Setting up .venv ($1)"
    say "  1/3 Python $version ($python)"
    rm -f "$STAMP"
    rm -rf .venv
    "$python" -m venv .venv
    say "  2/3 installing $(grep -c '^[a-z0-9._-]*==' requirements.txt) pinned packages; a few minutes, about 1 GB the first time"
    pip_install --require-hashes -r requirements.txt || return 1
    say "  3/3 installing course_utils, editable"
    install_package || return 1
    say "Set up in $(($(date +%s) - started)) s."
}

case "${1:-}" in
    find) find_python && say "$python $version"; exit ;;
    locked)
        why=$(reason)   # again: another make may have built it while this one waited
        if [ -n "$why" ]; then find_python && build "$why"; exit; fi
        version=$(stamped python)
        if [ "$(stamped package)" != "$(package)" ]; then say "pyproject.toml has changed: installing course_utils again"; install_package; fi
        exit ;;
    "") ;;
    *) complain "usage: sh tools/setup.sh [find]"; exit 2 ;;
esac

[ -n "$(reason)" ] || [ "$(stamped package)" != "$(package)" ] || exit 0
find_python
# The lock is a file held open, so it ends with its holder, however that ends, and is never left behind.
exec "$python" -c '
import fcntl, os, sys
lock = open(".venv.lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    print("Another make is setting up .venv; waiting for it", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock.fileno(), True)
os.execvp("sh", ["sh", "tools/setup.sh", "locked"])
'

#!/bin/sh
# Runs every notebook as Colab would, on the samples: Colab's Python and versions (tools/colab.txt), then each
# notebook's own set-up cell, for real. It installs from this clone's last commit where Colab takes the published one.
#
#   sh tools/colab.sh [02]       all notebooks, or those whose names begin so    (make colab)
#   PYTHON=/path/to/python3.13   that interpreter
#
# At the end the packages that were there before must have the versions that they had.
set -eu
unset CDPATH PYTHONHOME PYTHONPATH COURSE_DATA_DIR COURSE_PROFILE
cd "$(dirname "$0")/.."
here=$(pwd -P)
work=$here/_build/colab
python=${PYTHON:-python3.13}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || {
    echo "$python is no Python 3.13, which Colab has. PYTHON=/path/to/python3.13 make colab" >&2
    exit 1
}
address=$(sed -n 's/^Repository = "\(.*\)"$/\1/p' pyproject.toml)

echo "Laying out what Colab has ($("$python" --version)); a few minutes, about 1 GB the first time"
rm -rf "$work"
mkdir -p "$work"
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check -r tools/colab.txt
"$work/venv/bin/python" -m pip freeze >"$work/before.txt"
# The set-up cells ask whether there is a module of this name.
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo 'import sys, types; sys.modules["google.colab"] = types.ModuleType("google.colab")' >"$site/colab.pth"

# The last commit, without course_utils: what the notebooks import is what their set-up cells have installed.
mkdir "$work/course"
git archive HEAD notebooks tools pyproject.toml | tar --extract --directory "$work/course"
export GIT_CONFIG_COUNT=2
export GIT_CONFIG_KEY_0="url.file://$here.insteadOf" GIT_CONFIG_VALUE_0="$address"
export GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_1='*'
export COURSE_CACHE_DIR="$work/cache" PYTHONUTF8=1 TF_CPP_MIN_LOG_LEVEL=3 PIP_DISABLE_PIP_VERSION_CHECK=1
status=0
(cd "$work/course" && ../venv/bin/python -m tools.notebooks course --only="${1:-}") || status=1

"$work/venv/bin/python" -m pip freeze >"$work/after.txt"
if grep -vxFf "$work/after.txt" "$work/before.txt"; then
    echo "These versions were Colab's, and a set-up cell has changed or removed them." >&2
    status=1
else
    echo "Every package that was there has kept its version. Added:"
    grep -vxFf "$work/before.txt" "$work/after.txt" | sed 's/ @ .*//; s/^/  /'
fi
exit $status

"""The set-up script: which interpreter it takes, when it builds .venv again, what it says when it cannot."""

import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON_312 = "import sys; sys.version_info = (3, 12, 1)"
# Runs the script's own probe under the real interpreter, disguised; notes what else it is asked, makes no real .venv.
STAND_IN = """#!/bin/sh
case "$*" in
    *ensurepip*) exec "{python}" -c "{disguise}
$2" ;;
    *_base_executable*) echo "{base}" ;;
    *fcntl*) exec "{python}" "$@" ;;
    "-m venv "*) echo venv >>calls; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *--require-hashes*) echo pins >>calls; sleep 0.3; [ ! -f pip-fails ] ;;
    *--no-build-isolation*) echo package >>calls ;;
esac
"""


class Project:
    """A small project in a folder with a space and Korean letters, and a PATH with nothing but utilities."""

    def __init__(self, folder: Path):
        self.root, self.bin = folder / "내 과정 folder", folder / "bin 한글"
        (self.root / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", self.root / "tools")
        (self.root / "requirements.txt").write_text("one==1.0\n")
        (self.root / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.ruff]\nline-length = 1\n")
        for name in ("awk", "cat", "cksum", "cp", "dirname", "mkdir", "rm", "sh", "sleep"):
            (self.bin / name).symlink_to(shutil.which(name))

    def install(self, name: str, disguise: str = PYTHON_312) -> Path:
        path = self.bin / name
        path.write_text(STAND_IN.format(python=sys.executable, base=path, disguise=disguise))
        path.chmod(0o755)
        return path

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        settings = {"cwd": self.root, "env": {"PATH": str(self.bin), **environment}, "text": True}
        return subprocess.Popen(["sh", "tools/setup.sh", *arguments], stdout=PIPE, stderr=PIPE, **settings)

    def setup(self, *arguments: str, **environment: str) -> tuple[int, str, str, list[str]]:
        """Exit status, output, errors, and what the stand-in was asked to do."""
        process = self.start(*arguments, **environment)
        output, errors = process.communicate()
        calls = self.root / "calls"
        asked = calls.read_text().split() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return process.returncode, output, errors, asked


project = pytest.fixture(lambda tmp_path: Project(tmp_path), name="project")


def test_takes_the_first_that_fits_or_the_one_it_is_told(project):
    project.install("python3.12", "raise SystemExit(127)")  # a shim that fails
    project.install("python3.13", "import sys; sys.version_info = (3, 9, 1)")
    project.install("python3", "import sys; sys.version_info = (3, 13, 1)")
    assert project.setup("find")[:2] == (0, "python3 3.13\n")
    assert project.setup("find", PYTHON=sys.executable)[1] == f"{sys.executable} 3.{sys.version_info[1]}\n"
    assert "Looked at:\n  /no/python3 is not installed\nWhat" in project.setup("find", PYTHON="/no/python3")[2]


@pytest.mark.parametrize(
    ("disguise", "says"),
    [
        ("import sys; sys.version_info = (3, 14, 0)", "python3 is Python 3.14"),
        (f"{PYTHON_312}; sys.modules['ensurepip'] = None", "sudo apt install python3.12-venv"),
        (f"{PYTHON_312}; sys.maxsize = 2**31 - 1", "32-bit"),
        (f"{PYTHON_312}; import platform as p; p.system = lambda: 'Darwin'; p.machine = lambda: 'x86_64'", "Intel"),
    ],
)  # fmt: skip
def test_says_why_an_interpreter_does_not_fit_and_what_to_install(project, disguise, says):
    project.install("python3", disguise)
    status, _, errors, asked = project.setup()
    assert status == 1 and "No fitting Python" in errors and says in errors and "brew install" in errors
    assert asked == [] and not (project.root / ".venv").exists()


def test_builds_once_and_again_when_what_it_was_built_from_changes(project):
    build, pyproject = ["venv", "pins", "package"], project.root / "pyproject.toml"
    project.install("python3")
    assert project.setup()[0::3] == (0, build)
    pyproject.write_text(pyproject.read_text().replace("line-length = 1", "line-length = 2"))
    assert project.setup() == (0, "", "", [])
    pyproject.write_text(pyproject.read_text().replace("'x'", "'y'"))
    assert project.setup()[3] == build
    (project.root / "requirements.txt").write_text("one==2.0\n")
    assert project.setup(PATH=f"{project.root / '.venv' / 'bin'}:{project.bin}")[3] == build
    other = project.install("other python", "import sys; sys.version_info = (3, 13, 1)")
    assert project.setup(PYTHON=str(other))[3] == build
    (project.root / ".venv" / "bin" / "python").unlink()
    assert project.setup()[3] == build
    project.root = project.root.rename(project.root.with_name("elsewhere"))
    assert project.setup()[3] == build


def test_a_build_cut_short_is_started_again_and_two_at_once_build_once(project):
    project.install("python3")
    (project.root / "pip-fails").touch()
    status, _, errors, _ = project.setup()
    assert status == 1 and "the same command again" in errors
    (project.root / "pip-fails").unlink()
    both = [project.start(), project.start()]
    assert [(process.communicate(), process.returncode)[1] for process in both] == [0, 0]
    assert project.setup() == (0, "", "", ["venv", "pins", "package"])

"""The set-up script: which interpreter it takes, when it builds .venv anew, what it says when it cannot."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PINS = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.M))
UTILITIES = ["awk", "cat", "chmod", "cksum", "cp", "date", "dirname", "grep", "head", "mkdir", "mv"]
UTILITIES += ["rm", "sed", "sh", "tr"]

# Runs the real interpreter on the script's own probe, after changing what the probe looks at.
DISGUISED = """#!/bin/sh
[ "$1" = -c ] || exit 9
exec "{python}" -c "{change}
$2"
"""

# Stands in for an interpreter and its pip: notes what it is asked, fails on demand, makes no real .venv.
STAND_IN = """#!/bin/sh
case "$*" in
    *ensurepip*) echo "ok {version}" ;;
    *_base_executable*) echo "{base}" ;;
    *fcntl*) exec "{python}" "$@" ;;
    "-m venv "*) echo venv >>calls; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    *--require-hashes*) echo pins >>calls; [ ! -f pip-fails ] ;;
    *--editable*) echo package >>calls ;;
    *) exit 9 ;;
esac
"""


class Project:
    """A small project in a folder with a space and Korean letters, and a PATH with nothing but utilities."""

    def __init__(self, folder: Path):
        self.root = folder / "내 과정 folder"
        self.bin = folder / "bin 한글"
        (self.root / "tools").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", self.root / "tools")
        (self.root / "requirements.txt").write_text("one==1.0\n")
        (self.root / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.ruff]\nline-length = 1\n")
        for name in UTILITIES:
            (self.bin / name).symlink_to(shutil.which(name))

    def install(self, name: str, script: str, **values: str) -> Path:
        path = self.bin / name
        path.write_text(script.format(python=sys.executable, base=path, **values))
        path.chmod(0o755)
        return path

    def setup(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["sh", "tools/setup.sh", *arguments],
            cwd=self.root,
            env={"PATH": str(self.bin), "HOME": str(self.root), **environment},
            capture_output=True,
            text=True,
        )

    def calls(self) -> list[str]:
        """What was asked of the stand-in since the last time."""
        path = self.root / "calls"
        asked = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return asked


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_takes_the_running_interpreter_for_real(project):
    found = project.setup("find", PYTHON=sys.executable)
    assert found.returncode == 0, found.stderr
    assert found.stdout == f"{sys.executable} 3.{sys.version_info[1]}\n"


def test_passes_over_a_shim_that_fails_and_an_old_version(project):
    project.install("python3.12", "#!/bin/sh\necho 'shim: command not found' >&2\nexit 127\n")
    project.install("python3.13", DISGUISED, change="import sys; sys.version_info = (3, 9, 1)")
    project.install("python3", DISGUISED, change="import sys; sys.version_info = (3, 13, 1)")
    found = project.setup("find")
    assert (found.returncode, found.stdout) == (0, "python3 3.13\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("import sys; sys.version_info = (3, 9, 1)", "is Python 3.9"),
        ("import sys; sys.version_info = (3, 14, 0)", "is Python 3.14"),
        (
            "import sys; sys.version_info = (3, 11, 2); sys.modules['ensurepip'] = None",
            "sudo apt install python3.11-venv",
        ),
        ("import sys; sys.maxsize = 2**31 - 1", "32-bit"),
        (
            "import platform; platform.system = lambda: 'Darwin'; platform.machine = lambda: 'x86_64'",
            "open the notebooks in Colab",
        ),
    ],
)
def test_says_why_an_interpreter_does_not_do(project, change, says):
    project.install("python3", DISGUISED, change=change)
    found = project.setup("find")
    assert found.returncode == 1
    assert says in found.stderr
    assert "brew install" in found.stderr
    assert "sudo apt install" in found.stderr


def test_says_what_to_install_when_there_is_no_python_at_all(project):
    found = project.setup()
    assert found.returncode == 1
    assert "No fitting Python" in found.stderr
    assert "None of these is installed" in found.stderr
    assert "python3-venv" in found.stderr
    assert not (project.root / ".venv").exists()


def test_a_given_python_is_the_only_one_tried(project):
    project.install("python3", STAND_IN, version="3.12")
    found = project.setup("find", PYTHON="/no such/python3.12")
    assert found.returncode == 1
    assert "/no such/python3.12 is not installed" in found.stderr


def test_builds_once_and_then_says_nothing(project):
    project.install("python3", STAND_IN, version="3.12")
    first = project.setup()
    assert first.returncode == 0, first.stderr
    assert project.calls() == ["venv", "pins", "package"]
    second = project.setup()
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert project.calls() == []


def test_builds_anew_when_the_pins_change_and_only_the_package_when_pyproject_does(project):
    project.install("python3", STAND_IN, version="3.12")
    project.setup()
    project.calls()
    settings = project.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("line-length = 1", "line-length = 2"))
    project.setup()
    assert project.calls() == []
    settings.write_text(settings.read_text().replace("'x'", "'y'"))
    project.setup()
    assert project.calls() == ["package"]
    (project.root / "requirements.txt").write_text("one==2.0\n")
    assert "the pins have changed" in project.setup().stdout
    assert project.calls() == ["venv", "pins", "package"]


def test_builds_anew_when_the_folder_has_moved(project):
    project.install("python3", STAND_IN, version="3.12")
    project.setup()
    moved = project.root.with_name("elsewhere")
    project.root.rename(moved)
    project.root = moved
    assert "the folder has moved" in project.setup().stdout


def test_builds_anew_when_python_is_gone_or_another_is_asked_for(project):
    project.install("python3", STAND_IN, version="3.12")
    project.setup()
    other = project.install("other python", STAND_IN, version="3.13")
    assert "another version" in project.setup(PYTHON=str(other)).stdout
    (project.root / ".venv" / "bin" / "python").unlink()
    assert "its Python has gone" in project.setup().stdout


def test_builds_anew_while_its_own_python_is_the_first_on_the_path(project):
    beneath = project.install("the one beneath", STAND_IN, version="3.12")
    project.setup(PYTHON=str(beneath))
    inside = project.root / ".venv" / "bin"
    (inside / "python3").symlink_to(inside / "python")
    (project.root / "requirements.txt").write_text("one==2.0\n")
    project.calls()
    again = project.setup(PATH=f"{inside}:{project.bin}")
    assert again.returncode == 0, again.stderr
    assert project.calls() == ["venv", "pins", "package"]


def test_a_build_cut_short_is_started_over(project):
    project.install("python3", STAND_IN, version="3.12")
    (project.root / "pip-fails").touch()
    failed = project.setup()
    assert failed.returncode == 1
    assert "give the same command again" in failed.stderr
    project.calls()
    (project.root / "pip-fails").unlink()
    assert "was not finished" in project.setup().stdout
    assert project.calls() == ["venv", "pins", "package"]


def test_two_at_once_build_once(project):
    slow = STAND_IN.replace("echo pins >>calls;", "echo pins >>calls; sleep 1;")
    project.install("python3", slow, version="3.12")
    (project.bin / "sleep").symlink_to(shutil.which("sleep"))
    environment = {"PATH": str(project.bin)}
    both = [
        subprocess.Popen(["sh", "tools/setup.sh"], cwd=project.root, env=environment, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = b"".join(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert project.calls() == ["venv", "pins", "package"]
    assert b"waiting for it" in said


def wanted_packages() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for line in sum(extras, project["dependencies"])]


@pytest.mark.parametrize("wanted", wanted_packages(), ids=lambda wanted: wanted.name)
def test_every_package_of_pyproject_is_pinned_within_its_bounds(wanted):
    assert wanted.name in PINS, "run `make requirements`"
    assert wanted.specifier.contains(PINS[wanted.name]), f"{PINS[wanted.name]}: run `make requirements`"


def test_pins_carry_hashes_and_no_addresses():
    text = (ROOT / "requirements.txt").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text
    assert "index-url" not in text


def test_the_conda_route_takes_the_same_pins_and_the_same_python():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    named = [line for line in environment["dependencies"] if isinstance(line, str)]
    by_pip = [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)]
    first = re.search(r'CANDIDATES="python(\S+)', (ROOT / "tools" / "setup.sh").read_text())[1]
    assert f"python={first}" in named
    assert by_pip == [["-r requirements.txt"]]
    assert not any(re.split(r"[=<>]", line)[0] in PINS for line in named), "one list of pins, not two"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"\.PHONY: (.+)", makefile)[1].split())
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ)).stdout
    assert set(re.findall(r"^  make ([a-z]+) ", said, re.M)) == targets

"""The pins: within the bounds of pyproject.toml, with hashes, the same for conda; and the list of make targets."""

import os
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from tools.sources import ROOT

PINS = dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.M))


def wanted_packages() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in sum(project["optional-dependencies"].values(), project["dependencies"])]


@pytest.mark.parametrize("wanted", wanted_packages(), ids=lambda wanted: wanted.name)
def test_every_package_of_pyproject_is_pinned_within_its_bounds(wanted):
    assert wanted.specifier.contains(PINS.get(wanted.name, "0")), "run `make requirements`"


def test_pins_carry_hashes_and_no_addresses_and_conda_takes_the_same():
    text = (ROOT / "requirements.txt").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text and "index-url" not in text
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    first = re.search(r'CANDIDATES="python(\S+)', (ROOT / "tools" / "setup.sh").read_text())[1]
    assert f"python={first}" in lines and {"pip": ["-r requirements.txt"]} in lines
    assert not any(re.split(r"[=<>]", line)[0] in PINS for line in lines if isinstance(line, str)), "one list of pins"


def test_binder_installs_the_helpers_as_the_conda_route_does():
    script, command = ROOT / "postBuild", "python -m pip install --no-deps --no-build-isolation -e ."
    assert command in script.read_text().splitlines() and os.access(script, os.X_OK)
    assert f"#   {command} " in (ROOT / "environment.yml").read_text()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_names_every_target():
    targets = set(re.search(r"\.PHONY: (.+)", (ROOT / "Makefile").read_text(encoding="utf-8"))[1].split())
    said = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make ([a-z]+) ", said, re.M)) == targets

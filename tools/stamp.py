"""Write the address of the repository from pyproject.toml into badges, set-up cells and README.

python -m tools.stamp      (make stamp)
"""

import re
import sys
import tomllib
from pathlib import Path

from tools.checks import addresses, files_with_addresses
from tools.commit import refresh, write_exercises
from tools.sources import ROOT, find_sources, write_text


def repository(root: Path = ROOT) -> str:
    """Return "owner/name" from the Repository address in pyproject.toml.

    Raises
    ------
    ValueError
        When the address is not one of GitHub, which Colab's badges need.
    """
    address = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)
    if match is None:
        raise ValueError(
            f"Repository in pyproject.toml is {address!r}; it must read https://github.com/owner/name, "
            "because Colab opens notebooks from GitHub."
        )
    return match[1]


def stamp(root: Path = ROOT) -> list[Path]:
    """Replace every address that a badge or a set-up cell names by the one in pyproject.toml.

    Returns
    -------
    list of Path
        The files that changed. Outputs of committed notebooks are kept: the address changes no result.
    """
    new = repository(root)
    texts = {path: path.read_text(encoding="utf-8") for path in files_with_addresses(root)}
    old = set().union(*map(addresses, texts.values())) - {new}
    changed = []
    for path, text in texts.items():
        written = text
        for address in old:
            written = re.sub(rf"\b{re.escape(address)}(?![\w-])", new, written)
        if written != text and path.suffix != ".ipynb":
            write_text(path, written)
            changed.append(path)
    sources = find_sources(root / "notebooks")
    write_exercises(sources)
    for source in sources:
        print(f"{source.stem}: {refresh(source)}")
    return changed


if __name__ == "__main__":
    try:
        for path in stamp():
            print(f"{path.name}: stamped")
    except ValueError as problem:
        sys.exit(str(problem))

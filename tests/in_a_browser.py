"""What tests in a real browser share: where it is, and a playground opened on a page of its own, on a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser here: install chromium to open the pages in it")
HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Play</title><style>img { max-width: 100%; }</style>"
)


def write_page(playground: ModuleType, folder: Path) -> Path:
    """Write a playground's model, script and picture into a folder, and a page that holds nothing else."""
    playground.write(folder)
    source = Path(playground.__file__)
    shutil.copy2(source.with_suffix(".js"), folder)
    block = source.with_suffix(".md").read_text(encoding="utf-8").partition("<div")[2].partition("## ")[0]
    (folder / "page.html").write_text(f"{HEAD}<div{block}", encoding="utf-8")
    return folder


def opened(folder: Path) -> Iterator[object]:
    """Yield the page of a folder in a browser; `trouble` lists what it says and what it asks of a network."""
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.trouble = []
        page.on("console", lambda message: page.trouble.append(message.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("request", lambda request: request.url.startswith("file://") or page.trouble.append(request.url))
        page.goto((folder / "page.html").as_uri())
        yield page
        browser.close()

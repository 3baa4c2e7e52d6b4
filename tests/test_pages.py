"""The pages of `make course` in a real browser: pictures described, links alive, exercises bare, quick pages marked.

They are made from the committed notebooks as if these had just been run, so nothing is executed here.
"""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from tools.checks import code_cells
from tools.execute import Outcome
from tools.exercises import TAG
from tools.pages import Site, page_name
from tools.sources import NOTEBOOKS, committed_path, find_sources, is_exercises, repository

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SOURCES = [source for source in find_sources(NOTEBOOKS) if committed_path(source).exists()]

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser here: install chromium to open the pages in it")

LOOK = """() => ({
    undescribed: [...document.images].filter(i => !i.alt.trim() || i.alt.startsWith("No description")).length,
    pictures: [...document.images].filter(i => i.src.startsWith("data:")).length,
    broken: [...document.images].filter(i => i.src.startsWith("data:") && !i.naturalWidth).length,
    links: [...document.links].map(a => a.getAttribute("href")),
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
    banner: document.querySelector("[role=note]")?.innerText ?? "",
    text: document.body.innerText,
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """What a browser without a network sees on every page of a folder as `make course` leaves it, by path."""
    out = tmp_path_factory.mktemp("새 course")
    site = Site(NOTEBOOKS, out, SOURCES, "quick")
    outcomes = []
    for source in SOURCES:
        outcomes.append(Outcome(page_name(source), nbformat.read(committed_path(source), as_version=4)))
        site.add(source, outcomes[-1])
    site.finish(outcomes)
    seen = {}
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context(offline=True)
        page = context.new_page()
        for path in sorted(out.rglob("*.html")):
            page.goto(path.as_uri(), wait_until="load")
            seen[path.relative_to(out).as_posix()] = page.evaluate(LOOK)
        browser.close()
    return seen


def test_every_picture_is_described(pages):
    assert {name: page["undescribed"] for name, page in pages.items() if page["undescribed"]} == {}
    assert [name for name, page in pages.items() if page["broken"]] == []
    assert sum(page["pictures"] for page in pages.values()) > 20


def test_every_link_leads_somewhere(pages):
    dead = []
    for name, page in pages.items():
        for link in page["links"]:
            address = urlsplit(link)
            if not address.scheme:
                target = os.path.normpath(Path(name).parent / unquote(address.path)) if address.path else name
                anchors = {address.fragment, unquote(address.fragment)}  # a browser tries both
                if target not in pages or (address.fragment and not anchors & set(pages[target]["ids"])):
                    dead.append((name, link))
            elif re.search(rf"github\.com/{repository()}/blob/", link) and "colab" not in link:
                dead.append((name, link))  # a file of the course: its page here must be meant
    assert dead == []
    led_to = {os.path.normpath(Path(name).parent / link) for name, page in pages.items() for link in page["links"]}
    assert set(pages) - led_to == {"index.html"}, "a page that nothing leads to"


def test_pages_that_were_run_here_say_so_and_lead_to_the_stored_run(pages):
    ran = [f"{page_name(source)}.html" for source in SOURCES]
    for name in ran:
        assert re.match(r"Quick run on this machine\. The stored full run: .+", pages[name]["banner"]), name
        assert pages[name]["links"][0].endswith(f"stored/{name}")
        assert pages[f"stored/{name}"]["banner"] == "The stored full run."
    assert [name for name, page in pages.items() if "Quick run" in page["text"] and name not in ran] == []


@pytest.mark.parametrize("source", [source for source in SOURCES if is_exercises(source)], ids=lambda path: path.stem)
def test_exercises_are_bare_and_solutions_apart(pages, source):
    name = page_name(source).removeprefix("solutions/")
    cells = code_cells(nbformat.read(committed_path(source), as_version=4))
    code = [cell.source for _, cell in cells if TAG in cell.metadata.get("tags", [])]
    bare, answers = pages[f"exercises/{name}.html"]["text"], pages[f"solutions/{name}.html"]["text"]
    assert code and all(text in answers for text in code) and not any(text in bare for text in code)
    assert bare.count("raise NotImplementedError") > len(code)
    rows = pages["index.html"]["text"].partition("Solutions to the exercises")
    assert f"solutions/{name}" in rows[2] and "solutions" not in rows[0]

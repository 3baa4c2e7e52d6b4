"""The site in a real browser without a network: links, pictures, search, exercises, what this machine ran, two looks.

It is made from the committed notebooks, some of them as if they had just been run, so nothing is executed here.
"""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import nbformat
import pytest
from in_a_browser import BROWSER, needs_browser, playwright

from tools.checks import code_cells
from tools.execute import Outcome
from tools.exercises import TAG
from tools.notebooks import write_site
from tools.site import Site, page_name, terms, with_terms
from tools.sources import NOTEBOOKS, ROOT, committed_path, find_sources, is_exercises, repository

SOURCES = [source for source in find_sources(NOTEBOOKS) if committed_path(source).exists()]
RAN = [source for source in SOURCES if source.stem.startswith(("00", "01"))]
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js"))

pytestmark = needs_browser

LOOK = """() => ({
    undescribed: [...document.images].filter(i => !i.alt.trim() || i.alt.startsWith("No description")).length,
    pictures: [...document.images].filter(i => i.src.startsWith("data:")).length,
    broken: [...document.images].filter(i => !i.naturalWidth).length,
    links: [...document.links].map(a => a.getAttribute("href")),
    terms: [...document.querySelectorAll('article a[href*="glossary.html#"]')].map(a => a.title ?? ""),
    ids: [...document.querySelectorAll("[id]")].map(e => e.id),
    banner: document.querySelector(".ran")?.innerText ?? "",
    text: document.querySelector("article")?.textContent ?? "",
    wide: document.documentElement.scrollWidth,
})"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a site in which 00 and 01 were run on this machine."""
    out = tmp_path_factory.mktemp("새 course")
    notebooks = {source: nbformat.read(committed_path(source), as_version=4) for source in RAN}
    ran = {source: Outcome(page_name(source), each) for source, each in notebooks.items()}
    assert Site(NOTEBOOKS, out, ran).finish() == ""
    return out


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(built, browser):
    """What a browser without a network sees on every page of the site, by path, and what it complains of."""
    page, seen, said, asked = browser.new_context(offline=True).new_page(), {}, [], []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for path in sorted(built.rglob("*.html")):
        if "_static" not in path.parts:
            said.clear(), asked.clear()
            page.goto(path.as_uri(), wait_until="load")
            outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
            seen[path.relative_to(built).as_posix()] = page.evaluate(LOOK) | {"said": list(said), "outside": outside}
    return seen


def test_every_picture_is_described(pages):
    assert {name: page["undescribed"] for name, page in pages.items() if page["undescribed"]} == {}
    assert [name for name, page in pages.items() if page["broken"]] == []
    assert sum(page["pictures"] for page in pages.values()) > 70


def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(pages):
    assert {name: page["outside"] for name, page in pages.items() if page["outside"]} == {}
    assert {name: page["said"] for name, page in pages.items() if page["said"]} == {}
    assert {name: page["wide"] for name, page in pages.items() if page["wide"] > 1280} == {}


def test_every_link_leads_somewhere(pages, built):
    dead = []
    for name, page in pages.items():
        for link in page["links"]:
            address = urlsplit(link)
            if not address.scheme:
                target = os.path.normpath(Path(name).parent / unquote(address.path)) if address.path else name
                anchors = {address.fragment, unquote(address.fragment)}  # a browser tries both
                missing = address.fragment and target in pages and not anchors & set(pages[target]["ids"])
                if missing or not (built / target).exists():
                    dead.append((name, link))
            found = re.fullmatch(rf"https://github\.com/{repository()}/(?:blob|tree)/main/([^#]*)", link)
            if found and not (ROOT / found[1]).exists():
                dead.append((name, link))
    assert dead == []


def test_pages_that_were_run_here_say_so_and_lead_to_the_stored_run(pages):
    ran = [f"machine/{page_name(source)}.html" for source in RAN]
    for name in ran:
        assert re.match(r"Quick run on this machine\. The stored full run: .+", pages[name]["banner"]), name
        stored = f"notebooks/{name.removeprefix('machine/')}"
        assert any(os.path.normpath(Path(name).parent / link) == stored for link in pages[name]["links"])
    assert [name for name, page in pages.items() if page["banner"] and name not in ran] == []
    assert all(f"[{page_name(source)}]" not in pages["index.html"]["text"] for source in RAN)
    assert "What was run here, in the quick profile." in pages["index.html"]["text"]


@pytest.mark.parametrize("source", [source for source in SOURCES if is_exercises(source)], ids=lambda path: path.stem)
def test_exercises_are_bare_and_solutions_folded(pages, built, source):
    name = page_name(source).removeprefix("solutions/")
    cells = code_cells(nbformat.read(committed_path(source), as_version=4))
    code = [cell.source for _, cell in cells if TAG in cell.metadata.get("tags", [])]
    bare = pages[f"notebooks/exercises/{name}.html"]["text"]
    answers = (built / f"notebooks/solutions/{name}.html").read_text(encoding="utf-8")
    assert code and not any(text in bare for text in code)
    assert all(text in pages[f"notebooks/solutions/{name}.html"]["text"] for text in code)
    assert bare.count("raise NotImplementedError") > len(code)
    assert answers.count("Show our answer") >= len(code)


def test_terms_lead_to_the_glossary_and_say_what_they_mean(pages):
    lessons = [page for name, page in pages.items() if re.match(r"notebooks/0\d_", name)]
    found = [title for page in lessons for title in page["terms"] if title]
    assert len(found) > 40 and all(len(title) > 20 for title in found)
    assert with_terms("**GRU** and **GRU**, **so**", {"gru": ("gru", "A cell.")}, "notebooks/01.ipynb") == (
        '[**GRU**](../docs/glossary.md#gru "A cell.") and **GRU**, **so**'
    )
    assert terms(ROOT / "docs" / "glossary.md")["additive attention"][0] == "additive-attention"


@pytest.mark.parametrize(
    ("words", "page"),
    [("vanishing", "docs/glossary"), ("기울기", "docs/glossary"), ("teacher forcing", "notebooks/06_seq2seq")],
)
def test_search_finds(built, browser, words, page):
    tab = browser.new_context(offline=True).new_page()
    tab.goto(f"{(built / 'search.html').as_uri()}?q={words}")
    tab.locator("#search-results li a").first.wait_for(timeout=30_000)
    tab.wait_for_timeout(1_500)
    found = [link.get_attribute("href") for link in tab.locator("#search-results li a").all()]
    assert any(page in link for link in found), found


@pytest.mark.parametrize("look", ["light", "dark"])
def test_readers_who_see_or_hear_it_otherwise_meet_no_serious_obstacle(built, browser, look):
    page = browser.new_context(offline=True, color_scheme=look).new_page()
    script, found = AXE.read_text(encoding="utf-8"), {}
    chosen = ["index.html", "docs/sheet.html", "notebooks/exercises/09_tweets.html", "machine/00_start_here.html"]
    played = [path.relative_to(built).as_posix() for path in sorted((built / "playgrounds").glob("*.html"))]
    for name in chosen + played:  # all pages take many minutes; these have every kind of element
        page.goto((built / name).as_uri())
        page.wait_for_timeout(500)
        page.evaluate(script)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [each["id"] for each in result["violations"] if each["impact"] in ("serious", "critical")]
        found |= {name: serious} if serious else {}
    assert found == {}


def test_a_phone_shows_pages_without_scrolling_sideways(built, browser):
    page = browser.new_context(offline=True, viewport={"width": 390, "height": 844}).new_page()
    wide = {}
    for path in sorted(built.rglob("*.html")):
        if "_static" not in path.parts:
            page.goto(path.as_uri())
            width = page.evaluate("document.documentElement.scrollWidth")
            wide |= {path.relative_to(built).as_posix(): width} if width > 390 else {}
    assert wide == {}


def test_a_complaint_of_the_layout_is_not_hidden(tmp_path, capsys):
    (tmp_path / "notebooks" / "src").mkdir(parents=True)
    (tmp_path / "README.md").write_text("# Course\n\nSee [nothing](#nowhere).\n")
    assert write_site(tmp_path / "notebooks", tmp_path / "out") == 1
    assert "nowhere" in capsys.readouterr().err and (tmp_path / "out" / "index.html").exists()

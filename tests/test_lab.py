"""Notebook 01 in JupyterLab, in a real browser: opened, run from the menu, its last figure seen, no error shown."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from in_a_browser import BROWSER, needs_browser, playwright

from tools.sources import NOTEBOOKS, read_source, write_notebook

PICTURE = "document.querySelector('.jp-RenderedMarkdown img[src^=\"data:image/png\"]')?.naturalWidth ?? 0"
MINUTES = 60 * 1_000  # of Playwright's milliseconds

pytestmark = needs_browser


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(tmp_path):
    """A running JupyterLab whose folder holds notebook 01 without outputs; its address, and that folder."""
    folder = tmp_path / "notebooks"
    write_notebook(folder / "01_tokenization.ipynb", read_source(NOTEBOOKS / "src" / "01_tokenization.py"))
    port, home = free_port(), tmp_path / "home"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.token=course"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    own = {
        name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR")
    }
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | own | {"COURSE_PROFILE": "quick"}, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{address}/api?token=course", timeout=5)
            break
        except OSError:
            alive = server.poll() is None and time.monotonic() < deadline
            assert alive, "JupyterLab did not start:\n" + (tmp_path / "log").read_text()[-2_000:]
            time.sleep(0.5)
    yield address, folder
    server.terminate()
    server.wait(30)


def test_notebook_01_runs_from_the_menu(lab, tmp_path):
    address, folder = lab
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(2 * MINUTES)
        page.goto(f"{address}/lab/tree/01_tokenization.ipynb?token=course&reset")
        page.locator("strong", has_text="Time:").first.wait_for()
        page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
        notebook = run_all(page, address, folder / "01_tokenization.ipynb")
        figure = last_figure(page)
        page.screenshot(path=tmp_path / "lab.png")
        assert figure["width"] > 400 and figure["height"] > 100
        assert page.evaluate(PICTURE) > 400, "the picture of the tokenizers is not shown in its text"
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
        assert page.locator(".jp-Dialog").count() == 0
        browser.close()
    errors = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "error"]
    assert errors == []


def run_all(page, address, path: Path):
    """Run all cells from the menu, save by the keyboard once the kernel rests, and return the saved notebook."""
    menu_click(page)
    deadline, clicked_again = time.monotonic() + 240, False
    while time.monotonic() < deadline:
        page.wait_for_timeout(3_000)
        if kernel_state(address) != "idle":
            continue
        page.keyboard.press("Control+s")
        page.wait_for_timeout(3_000)
        try:
            notebook = nbformat.read(path, as_version=4)
        except (nbformat.reader.NotJSONError, FileNotFoundError):
            continue  # it is being written at this moment
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        failed = [cell.source for cell in code for out in cell.outputs if out.output_type == "error"]
        assert not failed, f"an error in the cell {failed[0]!r}"
        if all(cell.execution_count for cell in code):
            return notebook
        if not any(cell.execution_count for cell in code) and not clicked_again:
            menu_click(page)  # the lab was still arranging itself and swallowed the click, as it does to people
            clicked_again = True
    page.screenshot(path=path.with_name("stuck.png"))
    ran, dialogs = sum(bool(cell.execution_count) for cell in code), page.locator(".jp-Dialog").all_inner_texts()
    raise AssertionError(f"after four minutes {ran} of {len(code)} cells had run; dialogs on the screen: {dialogs}")


def menu_click(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def kernel_state(address) -> str:
    with urllib.request.urlopen(f"{address}/api/kernels?token=course", timeout=30) as answer:
        return next((kernel["execution_state"] for kernel in json.load(answer)), "none")


def last_figure(page) -> dict:
    """Scroll to the last figure and return its place on the screen once it is drawn."""
    cells = page.locator(".jp-Notebook .jp-WindowedPanel-inner, .jp-Notebook").first
    cells.hover()
    for _ in range(80):
        page.mouse.wheel(0, 4_000)
        page.wait_for_timeout(50)
    image = page.locator(".jp-RenderedImage img").last
    image.scroll_into_view_if_needed()
    assert image.evaluate("picture => picture.complete && picture.naturalWidth > 0")
    return image.bounding_box()

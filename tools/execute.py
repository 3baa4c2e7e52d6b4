"""Run one notebook in a kernel of this very environment, and say what came of it."""

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

REPORT = "application/vnd.course-report+json"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Outcome:
    """What came of one notebook: `result` is "passed", or what went wrong in a word or two."""

    name: str
    notebook: NotebookNode
    result: str = "passed"
    seconds: float = 0.0
    trouble: str = ""

    @property
    def report(self) -> dict:
        """What the notebook's last cell reported, or {}."""
        return find_report(self.notebook)

    def row(self) -> list[str]:
        """Name, result, seconds, the corpora and whether each is real, and the headline."""
        data = ", ".join(f"{corpus} {origin}" for corpus, origin in self.report.get("data", {}).items())
        return [self.name, self.result, f"{self.seconds:.0f}", data or "-", self.report.get("headline", "-")]


def find_report(notebook: NotebookNode) -> dict:
    """Return what `runtime.finish` reported in the last cell, or {} where nothing was reported."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return next((out.data[REPORT] for out in reversed(outputs) if REPORT in out.get("data", {})), {})


def section(notebook: NotebookNode, index: int) -> str:
    """Return the heading above a cell, or the cell's first words where there is none.

    >>> from nbformat import v4
    >>> text = v4.new_markdown_cell("Text.\\n## Padding")
    >>> notebook = v4.new_notebook(cells=[v4.new_code_cell("import keras"), text, v4.new_code_cell("x")])
    >>> section(notebook, 2), section(notebook, 0)
    ('Padding', 'import keras')
    """
    prose = "\n".join(cell.source for cell in notebook.cells[: index + 1] if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ +(.+)$", prose, re.M) or [notebook.cells[index].source.strip().partition("\n")[0]]
    return headings[-1].strip()[:40]


def run_notebooks(calls: dict[Path, tuple], at_once: int) -> Iterator[tuple[Path, Outcome]]:
    """Yield the outcome of each notebook as soon as it is there; what to call it with is what `run_notebook` takes.

    They run in threads of their own, where nbclient leaves signals alone. Whatever ends the run early, here or where
    the outcomes are used, ends the kernels too, before it goes on: Ctrl-C, a signal, or a disk that is full.
    """
    with ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(run_notebook, *call): path for path, call in calls.items()}
        try:
            while running:
                for done in wait(running, timeout=0.1, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(each.done() for each in running):
                for process in psutil.Process().children(recursive=True):
                    process.kill()
                time.sleep(0.1)


def run_notebook(
    name: str, notebook: NotebookNode, folder: Path, profile: str, on_cell: Callable[[str, str], None]
) -> Outcome:
    """Execute a notebook in place and return its outcome; a failing cell is an outcome, not an exception.

    Parameters
    ----------
    name : str
        What to call it.
    notebook : NotebookNode
        Gets its outputs and execution counts, and those of the cells before a failing one too.
    folder : Path
        The kernel's working folder: the notebook's own, as in JupyterLab.
    profile : {"quick", "full"}
        Handed to the kernel as COURSE_PROFILE.
    on_cell : callable
        Called before each cell with the notebook's name and the heading that the cell stands under.
    """
    place = ""

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal place
        title = section(notebook, cell_index)
        place = f"cell {cell_index + 1} ({title})"
        on_cell(name, title)

    settings = {"timeout": None, "coalesce_streams": True, "record_timing": False, "store_widget_state": False}
    place_of_work = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, resources=place_of_work, on_cell_start=started, **settings)
    # No folders of kernels: the running interpreter's own, whatever else is installed here as "python3".
    kernels = KernelSpecManager(kernel_dirs=[])
    client.km = AsyncKernelManager(kernel_spec_manager=kernels, transport_encryption="auto")
    environment = dict(os.environ, COURSE_PROFILE=profile, MPLBACKEND="module://matplotlib_inline.backend_inline")
    outcome, start = Outcome(name, notebook), time.perf_counter()
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        outcome.result, outcome.trouble = "failed", f"{name}, {place}:\n{error}"
    except DeadKernelError:
        outcome.result = "kernel died"
        outcome.trouble = f"{name}, {place}: the kernel died, most often because the memory was full."
    outcome.seconds = time.perf_counter() - start
    return outcome

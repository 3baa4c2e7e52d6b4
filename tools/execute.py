"""Run one notebook in a kernel of this very environment, and say what came of it."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
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
    report: dict = field(default_factory=dict)
    trouble: str = ""

    @property
    def data(self) -> str:
        """The corpora and whether each is real: "imdb real"."""
        corpora = self.report.get("data", {})
        return ", ".join(f"{corpus} {origin}" for corpus, origin in corpora.items()) or "-"

    @property
    def headline(self) -> str:
        return self.report.get("headline", "-")


class ThisKernel(KernelSpecManager):
    """Knows one kernel: the running interpreter's, whatever else the user has installed as "python3"."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def section(notebook: NotebookNode, index: int) -> str:
    """Return the heading above a cell, or the cell's first words where there is none.

    >>> from nbformat import v4
    >>> text = v4.new_markdown_cell("Text.\\n## Padding")
    >>> notebook = v4.new_notebook(cells=[v4.new_code_cell("import keras"), text, v4.new_code_cell("x")])
    >>> section(notebook, 2), section(notebook, 0)
    ('Padding', 'import keras')
    """
    for cell in reversed(notebook.cells[: index + 1]):
        if cell.cell_type == "markdown" and (headings := re.findall(r"^#+ +(.+)$", cell.source, re.M)):
            return headings[-1].strip()[:40]
    return notebook.cells[index].source.strip().partition("\n")[0][:40]


def run_notebook(
    name: str,
    notebook: NotebookNode,
    folder: Path,
    profile: str,
    on_cell: Callable[[int, str], None] = lambda index, title: None,
) -> Outcome:
    """Execute a notebook in place and return its outcome; a failing cell is an outcome, not an exception.

    Parameters
    ----------
    name : str
        What to call it.
    notebook : NotebookNode
        Gets its outputs and execution counts; those of the cells before a failing one too.
    folder : Path
        The kernel's working folder: the notebook's own, as in JupyterLab.
    profile : {"quick", "full"}
        Handed to the kernel as COURSE_PROFILE.
    on_cell : callable
        Called before each cell with its index and the heading it stands under.

    Raises
    ------
    KeyboardInterrupt
        When the run is stopped by Ctrl-C.
    """
    stopped = False

    def take_over_ctrl_c(notebook: NotebookNode) -> None:
        """Cancel the run and end its kernel; left to itself nbclient would report that the kernel died."""

        def stop() -> None:
            nonlocal stopped
            stopped, client.shutdown_kernel = True, "immediate"
            task.cancel()

        task = asyncio.current_task()
        with contextlib.suppress(RuntimeError):  # no signal handlers outside the main thread
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)

    client = NotebookClient(
        notebook,
        timeout=None,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
        on_notebook_start=take_over_ctrl_c,
        on_cell_start=lambda cell, cell_index: on_cell(cell_index, section(notebook, cell_index)),
    )
    client.km = AsyncKernelManager(kernel_spec_manager=ThisKernel(), transport_encryption="auto")
    environment = dict(os.environ, COURSE_PROFILE=profile, MPLBACKEND="module://matplotlib_inline.backend_inline")
    outcome = Outcome(name, notebook)
    start = time.perf_counter()
    try:
        client.execute(env=environment)
    except CellExecutionError:
        outcome.result = "failed"
        outcome.trouble = describe_failure(name, notebook)
    except asyncio.CancelledError:  # stopped while the kernel was starting
        raise KeyboardInterrupt from None
    except DeadKernelError:
        if stopped:
            raise KeyboardInterrupt from None
        outcome.result = "kernel died"
        outcome.trouble = f"{name}: the kernel died, most often for want of memory."
    outcome.seconds = time.perf_counter() - start
    outcome.report = find_report(notebook)
    return outcome


def find_report(notebook: NotebookNode) -> dict:
    """Return what `runtime.finish` reported in the last cell, or {} where nothing was reported."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", []):
            if REPORT in output.get("data", {}):
                return output["data"][REPORT]
    return {}


def describe_failure(name: str, notebook: NotebookNode) -> str:
    """Return the failing cell and its traceback, as a terminal shows them."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                code = "\n".join(f"    {line}" for line in cell.source.splitlines())
                trace = "\n".join(output.traceback)
                place = section(notebook, number - 1)
                return f"{name}, cell {number} ({place}):\n{code}\n\n{trace}"
    return f"{name}: failed outside its cells"

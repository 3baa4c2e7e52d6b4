"""What a run leaves to read: a page a notebook, an index, and the table in the terminal."""

import html
import logging
from pathlib import Path

from nbconvert import HTMLExporter
from tabulate import tabulate

from tools.execute import Outcome
from tools.sources import write_notebook, write_text

COLUMNS = ["notebook", "result", "seconds", "data", "headline"]

INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The course, executed</title>
<style>
body {{ font: 1.05rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 3rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #bbb; vertical-align: top; }}
td.seconds {{ text-align: right; }}
tr.bad td {{ background: #fde8e4; }}
</style>
<h1>The course, executed</h1>
<p>{note}</p>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</html>
"""


def write_page(folder: Path, outcome: Outcome) -> None:
    """Write the executed notebook and its HTML page into a folder."""
    write_notebook(folder / f"{outcome.name}.ipynb", outcome.notebook)
    logging.getLogger("traitlets").setLevel(logging.ERROR)  # missing alternative text is a test's matter
    page, _ = HTMLExporter().from_notebook_node(outcome.notebook, resources={"metadata": {"name": outcome.name}})
    write_text(folder / f"{outcome.name}.html", page)


def write_index(folder: Path, outcomes: list[Outcome], profile: str) -> Path:
    """Write `index.html`: a row a notebook, with a link to its page. Returns its path."""
    rows = []
    for outcome in outcomes:
        name, result, seconds, data, headline = (html.escape(str(value)) for value in row(outcome))
        mark = "" if outcome.result == "passed" else ' class="bad"'
        rows.append(
            f'<tr{mark}><td><a href="{name}.html">{name}</a></td><td>{result}</td>'
            f'<td class="seconds">{seconds}</td><td>{data}</td><td>{headline}</td></tr>'
        )
    note = f"Profile: {profile}."
    if any("sample" in outcome.report.get("data", {}).values() for outcome in outcomes):
        note += " Figures on sample data say nothing about the real corpora."
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    write_text(folder / "index.html", INDEX.format(note=note, head=head, rows="\n".join(rows)))
    return folder / "index.html"


def row(outcome: Outcome) -> list[str]:
    """Return one row of the table, in the order of COLUMNS."""
    return [outcome.name, outcome.result, f"{outcome.seconds:.0f}", outcome.data, outcome.headline]


def table(outcomes: list[Outcome]) -> str:
    """Return the table for the terminal."""
    return tabulate(
        [row(outcome) for outcome in outcomes],
        headers=COLUMNS,
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=[None, None, None, 24, 60],
    )

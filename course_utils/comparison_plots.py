"""Figures that compare models: shapes of problems, a contest over seeds, words that move an answer (notebook 03)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLORS, GREY, _canvas, _closed_on_error, _show

FADED = "#CFE4F3"


@_closed_on_error
def problem_shapes(problems: Mapping[str, tuple], *, title: str, alt: str) -> None:
    """Draw recurrent nets unrolled in time: inputs at the bottom, hidden states in the middle, outputs at the top.

    Parameters
    ----------
    problems : dict of str to (inputs, outputs)
        A row of 0 and 1 a time step for inputs and one for outputs, of one length: 1 where there is one.
    title, alt
        As for :func:`course_utils.plots.histogram`.

    Raises
    ------
    ValueError
        If the two rows of a problem differ in length.

    Examples
    --------
    >>> problem_shapes({"many to one": ([1, 1, 1], [0, 0, 1])}, title="Shapes", alt="Three inputs, one output.")
    Figure(340x380)
    """
    for name, (inputs, outputs) in problems.items():
        if len(inputs) != len(outputs):
            raise ValueError(
                f"{name!r} has {len(inputs)} input steps and {len(outputs)} output steps; expected as many."
            )
    longest = max(len(inputs) for inputs, _ in problems.values())
    figure, panels = _canvas(width=3.4 * len(problems), height=3.8, columns=len(problems))
    arrow = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
    for axes, (name, (inputs, outputs)) in zip(panels, problems.items(), strict=True):
        for step in range(len(inputs)):
            rows = [(1, COLORS[5], "h")] + [(0, COLORS[4], "x")] * inputs[step] + [(2, COLORS[2], "y")] * outputs[step]
            for height, color, letter in rows:
                axes.add_patch(plt.Rectangle((step - 0.3, height - 0.25), 0.6, 0.5, facecolor=color, edgecolor=GREY))
                label = f"${letter}_{step + 1}$"
                axes.text(step, height, label, ha="center", va="center", fontsize=15)
                if height != 1:
                    start, end = (0.25, 0.75) if height == 0 else (1.25, 1.75)
                    axes.annotate("", (step, end), (step, start), arrowprops=arrow)
            if step:
                axes.annotate("", (step - 0.3, 1), (step - 0.7, 1), arrowprops=arrow)
        middle = (len(inputs) - 1) / 2
        axes.set(
            xlim=(middle - longest / 2 - 0.1, middle + longest / 2 + 0.1), ylim=(-0.45, 2.45), xticks=[], yticks=[]
        )
        axes.spines[:].set_visible(False)
        axes.set_title(name, fontsize=15)
    _show(figure, title, alt, None)


@_closed_on_error
def contest(table, panels: Mapping[str, str], *, title: str, alt: str, data=None, marks: Mapping | None = None) -> None:
    """Draw models against each other, one panel a column: a dot a seed, a bar at the mean.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a run, with a column ``model`` and those of the panels. The models keep the order of the table.
    panels : dict of str to str
        Column and its axis label, unit included.
    title, alt, data
        As for :func:`course_utils.plots.histogram`.
    marks : dict of str to float, optional
        Label and place of vertical lines across the first panel, such as a line to beat.

    Raises
    ------
    ValueError
        If the table lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model": ["GRU", "GRU", "LSTM"], "test": [0.87, 0.88, 0.86]})
    >>> contest(table, {"test": "test accuracy"}, title="Two models", alt="GRU leads.", marks={"bag": 0.9})
    Figure(900x250)
    """
    if missing := [name for name in ("model", *panels) if name not in table]:
        raise ValueError(f"the table has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}.")
    names = list(dict.fromkeys(table["model"]))
    figure, drawn = _canvas(width=max(9.0, 4.6 * len(panels)), height=0.42 * len(names) + 1.66, columns=len(panels))
    for axes, (column, label) in zip(drawn, panels.items(), strict=True):
        for row, name in enumerate(names):
            values = table.loc[table["model"] == name, column].dropna().astype(float)
            axes.plot(values, [row] * len(values), "o", color=COLORS[0], alpha=0.55, markersize=8)
            if len(values):
                axes.plot([values.mean()] * 2, [row - 0.32, row + 0.32], color=COLORS[1], linewidth=3)
        axes.set(yticks=range(len(names)), ylim=(len(names) - 0.5, -0.5))
        axes.set_yticklabels(names if axes is drawn[0] else [])
        axes.set_xlabel(label, fontsize=14)
        axes.grid(alpha=0.3)
    for label, place in (marks or {}).items():
        drawn[0].axvline(place, color="black", linestyle="--", linewidth=1.5)
        drawn[0].annotate(
            label, (place, 1), (-4, -4), xycoords=("data", "axes fraction"), textcoords="offset points",
            rotation=90, ha="right", va="top", fontsize=12,
        )  # fmt: skip
    _show(figure, title, alt, data)


@_closed_on_error
def moved_words(rows: Mapping[str, tuple], *, title: str, alt: str, legend: str, data=None) -> None:
    """Draw sentences with a box a word, colored by how far the word moves an answer: orange down, blue up.

    Parameters
    ----------
    rows : dict of str to (words, values)
        Under each name the words of a sentence and one number a word; rows may differ in length.
    title, alt, data
        As for :func:`course_utils.plots.histogram`.
    legend : str
        Label of the color scale, unit included.

    Raises
    ------
    ValueError
        If a row has not one value for each word, or no word.

    Examples
    --------
    >>> moved_words({"GRU": (["not", "bad"], [0.4, -0.2])}, title="Which words?", alt="not.", legend="change")
    Figure(900x220)
    """
    for name, (words, values) in rows.items():
        if len(words) != len(values) or not len(words):
            raise ValueError(f"{name!r} has {len(words)} words and {len(values)} values; expected one value a word.")
    limit = max(float(np.max(np.abs(values))) for _, values in rows.values()) or 1.0
    width = max(len(words) for words, _ in rows.values())
    figure, (axes,) = _canvas(width=max(9.0, 1.15 * width + 2), height=0.6 * len(rows) + 1.6)
    scale = plt.matplotlib.colors.LinearSegmentedColormap.from_list("", [COLORS[4], "#F4F4F4", COLORS[5]])
    colors = plt.matplotlib.cm.ScalarMappable(plt.Normalize(-limit, limit), scale)
    for line, (words, values) in enumerate(rows.values()):
        for step, (word, value) in enumerate(zip(words, values, strict=True)):
            box = plt.Rectangle((step + 0.03, line + 0.1), 0.94, 0.8, facecolor=colors.to_rgba(value), edgecolor=GREY)
            axes.add_patch(box)
            axes.text(step + 0.5, line + 0.5, word, ha="center", va="center", fontsize=12)
    axes.set(xlim=(0, width), ylim=(len(rows), 0), xticks=[], yticks=np.arange(len(rows)) + 0.5)
    axes.set_yticklabels(rows)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(colors, ax=axes, label=legend, location="bottom", aspect=60, fraction=0.08, pad=0.02)
    bar.ax.tick_params(labelsize=11)
    bar.set_label(legend, fontsize=13)
    _show(figure, title, alt, data)

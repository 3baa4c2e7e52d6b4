"""Figures that look inside a model that writes: its next-character distributions, what a unit follows (notebook 04)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots import COLORS, GREY, _canvas, _closed_on_error, _show

VISIBLE = {"\n": "↵", " ": "␣"}


@_closed_on_error
def distributions(
    rows: Mapping[str, Sequence[float]], names: Sequence[str], *, title: str, alt: str, data=None, most: int = 10
) -> None:
    """Draw several distributions over the same names side by side, the likeliest names of the last one from the top.

    Parameters
    ----------
    rows : dict of str to floats ``(names,)``
        Probabilities under each heading.
    names : sequence of str ``(names,)``
        Such as characters; a line break and a space are made visible.
    title, alt, data
        As for :func:`course_utils.plots.histogram`.
    most : int
        How many names are drawn.

    Raises
    ------
    ValueError
        If a row has not one probability for each name.

    Examples
    --------
    >>> distributions({"sharp": [0.9, 0.1], "flat": [0.6, 0.4]}, ["a", "b"], title="Next", alt="Sharp and flat.")
    Figure(1100x450)
    """
    for label, row in rows.items():
        if len(row) != len(names):
            raise ValueError(
                f"{label!r} has {len(row)} probabilities and there are {len(names)} names; expected one each."
            )
    order = np.argsort(-np.asarray(list(rows.values())[-1]), kind="stable")[:most]
    labels = [VISIBLE.get(names[each], names[each]) for each in order]
    figure, panels = _canvas(width=11.0, height=4.5, columns=len(rows))
    for axes, (label, row) in zip(panels, rows.items(), strict=True):
        axes.barh(range(len(order)), np.asarray(row)[order], color=COLORS[0], height=0.7)
        axes.set(xlim=(0, 1), ylim=(len(order) - 0.5, -0.5), yticks=range(len(order)), xticks=[0, 0.5, 1])
        axes.set_yticklabels(labels if axes is panels[0] else [], family="monospace")
        axes.set_xticklabels(["0", ".5", "1"])
        axes.set_title(label, fontsize=14)
    panels[len(panels) // 2].set_xlabel("probability of the next character", fontsize=14)
    _show(figure, title, alt, data)


@_closed_on_error
def colored_text(
    text: str, values, *, title: str, alt: str, legend: str = "", data=None, columns: int = 72, low=-1.0, high=1.0
) -> None:
    """Draw a text on colored ground, one value a character: orange is low, blue is high.

    Parameters
    ----------
    text : str
        Lines break at line breaks, and after `columns` characters at the latest.
    values : floats ``(len(text),)``
    title, alt, data
        As for :func:`course_utils.plots.histogram`.
    legend : str
        Label of the color scale.
    columns : int
    low, high : float
        Ends of the color scale.

    Raises
    ------
    ValueError
        If text and values differ in length.

    Examples
    --------
    >>> colored_text("to be", [-1, -0.5, 0, 0.5, 1], title="One unit", alt="It rises.")
    Figure(1100x200)
    """
    values = np.asarray(values, dtype=float)
    if len(text) != len(values):
        raise ValueError(f"the text has {len(text)} characters and there are {len(values)} values; expected one each.")
    places, row, column = [], 0, 0
    for character in text:
        if column == columns:
            row, column = row + 1, 0
        places.append((row, column))
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
    ground = np.full((max(row for row, _ in places) + 1, columns), np.nan)
    for place, value in zip(places, values, strict=True):
        ground[place] = value
    figure, (axes,) = _canvas(width=11.0, height=max(2.0, 0.3 * len(ground) + 1.0))
    scale = plt.matplotlib.colors.LinearSegmentedColormap.from_list("", [COLORS[4], "#F4F4F4", COLORS[5]])
    shown = axes.imshow(ground, cmap=scale, vmin=low, vmax=high, aspect="auto")
    for (row, column), character in zip(places, text, strict=True):
        faint = character in VISIBLE
        shape = VISIBLE["\n"] if character == "\n" else character
        axes.text(
            column, row, shape, ha="center", va="center", family="monospace", fontsize=12, color=GREY if faint else "k"
        )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    figure.colorbar(shown, ax=axes, label=legend, fraction=0.03, pad=0.01)
    _show(figure, title, alt, data)

"""Figures of sequences: tokens with their padding, texts on colored ground, attention (notebooks 01 and 04 to 06)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from course_utils.plots.canvas import GROUND, INPUT, PADDING, VISIBLE, Texts, box, figure
from course_utils.validate import same_length

__all__ = ["attention", "attributions", "colored_text", "token_grid"]


def token_grid(rows: Mapping[str, Sequence[str]], **texts: Unpack[Texts]) -> None:
    """Draw rows of tokens as boxes, one for each time step; padding is a grey box that says so.

    Parameters
    ----------
    rows : dict of str to sequence of str
        Name and tokens of each row; ``"[PAD]"`` or ``""`` is padding.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> token_grid({"left": ["[PAD]", "good"], "right": ["good", "[PAD]"]}, title="Padding", alt="Left and right.")
    Figure(900x230)
    """
    drawn = {"": ("PAD", PADDING), "[PAD]": ("PAD", PADDING)}
    boxes = {name: [drawn.get(token, (token, INPUT)) for token in tokens] for name, tokens in rows.items()}
    _draw_boxes(boxes, xlabel="time step", **texts)


def attributions(
    rows: Mapping[str, tuple[Sequence[str], Sequence[float]]], *, legend: str, **texts: Unpack[Texts]
) -> None:
    """Draw sentences with one box per word, colored by how far the word moves an answer: orange down, blue up.

    Parameters
    ----------
    rows : dict of str to (words, values)
        Under each name the words of a sentence and one number for each word; rows may differ in length.
    legend : str
        Label of the color scale, unit included.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If a row has no words, or does not have one value for each word.

    Examples
    --------
    >>> attributions({"GRU": (["not", "bad"], [0.4, -0.2])}, title="Which words?", alt="not.", legend="change")
    Figure(900x220)
    """
    for name, (words, values) in rows.items():
        same_length(repr(name), words=words, values=values)
    limit = max(float(np.max(np.abs(values))) for _, values in rows.values()) or 1.0
    scale = ScalarMappable(Normalize(-limit, limit), GROUND)
    boxes = {name: list(zip(words, scale.to_rgba(values), strict=True)) for name, (words, values) in rows.items()}
    _draw_boxes(boxes, scale, legend, **texts)


def colored_text(text: str, values: ArrayLike, *, legend: str = "", columns: int = 72, **texts: Unpack[Texts]) -> None:
    """Draw a text on colored ground, one value per character: orange is low, blue is high.

    Parameters
    ----------
    text : str
        Lines break at line breaks, and after `columns` characters at the latest.
    values : floats ``(len(text),)``
        From -1 to 1, as the states of a recurrent layer; what lies outside has the color of the nearer end.
    legend : str
        Label of the color scale.
    columns : int
        Characters per line at most.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If text and values differ in length.

    Examples
    --------
    >>> colored_text("to be", [-1, -0.5, 0, 0.5, 1], title="One unit", alt="It rises.")
    Figure(1100x200)
    """
    same_length("the text", characters=text, values=values)
    rows = re.findall(rf"[^\n]{{,{columns - 1}}}\n|[^\n]{{1,{columns}}}", text)
    places = [(row, column) for row, line in enumerate(rows) for column in range(len(line))]
    ground = np.full((len(rows), columns), np.nan)
    ground[tuple(np.transpose(places))] = values
    with figure(11.0, max(2.0, 0.3 * len(rows) + 1.0), frame=False, **texts) as (axes,):
        drawn = axes.imshow(ground, cmap=GROUND, vmin=-1, vmax=1, aspect="auto")
        for (row, column), character in zip(places, text.replace("\n", VISIBLE["\n"]), strict=True):
            axes.text(column, row, character, ha="center", va="center", family="monospace", fontsize=12)
        axes.set(xticks=[], yticks=[])
        axes.figure.colorbar(drawn, label=legend, fraction=0.03, pad=0.01)


def attention(pictures: Sequence[tuple[ArrayLike, str, str]], **texts: Unpack[Texts]) -> None:
    """Draw attention weights as heat maps side by side: the source across, the answer downwards.

    Parameters
    ----------
    pictures : sequence of (weights, source, target)
        Weights ``(len(target), len(source))`` from 0 to 1, and the two texts with one character per place.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If the shape of the weights does not fit the texts, or ``alt`` is empty.

    Examples
    --------
    >>> attention([([[0.9, 0.1], [0.2, 0.8]], "ab", "AB")], title="Where it looks", alt="Along the diagonal.")
    Figure(1100x460)
    """
    options = {"xlabel": "source", "ylabel": "answer", "sharey": False, "frame": False}
    with figure(11.0, 4.6, len(pictures), **options, **texts) as panels:
        for axes, (weights, source, target) in zip(panels, pictures, strict=True):
            found, expected = np.shape(weights), (len(target), len(source))
            if found != expected:
                raise ValueError(f"weights of shape {found} for {source!r} and {target!r}; expected {expected}.")
            drawn = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            axes.set_xticks(range(len(source)), [VISIBLE.get(each, each) for each in source], family="monospace")
            axes.set_yticks(range(len(target)), [VISIBLE.get(each, each) for each in target], family="monospace")
        axes.figure.colorbar(drawn, ax=panels, label="weight", fraction=0.03, pad=0.01)


def _draw_boxes(rows: dict[str, list], scale: ScalarMappable | None = None, legend: str = "", **options: Any) -> None:
    """Draw a row of (text, color) boxes for each name, above the scale of the colors if there is one."""
    longest = max(map(len, rows.values()))
    height = 0.6 * len(rows) + (1.6 if scale else 1.1)
    with figure(max(9.0, 1.15 * longest + 2), height, frame=False, **options) as (axes,):
        for row, boxes in enumerate(rows.values()):
            for step, (text, color) in enumerate(boxes, start=1):
                box(axes, step, row, text, color)
        axes.set(xlim=(0.5, longest + 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=[] if scale else range(1, longest + 1))
        axes.set_yticks(range(len(rows)), rows)
        if scale:
            axes.figure.colorbar(scale, ax=axes, label=legend, location="bottom", aspect=60, fraction=0.08, pad=0.02)

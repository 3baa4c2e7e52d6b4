"""Diagrams of networks: inputs yellow at the bottom, states blue in the middle, outputs green at the top."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from matplotlib.axes import Axes

from course_utils.plots.canvas import GREY, INPUT, OUTPUT, STATE, Texts, box, figure
from course_utils.validate import same_length

__all__ = ["unrolled", "weight_tying"]

ARROW = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}


def unrolled(problems: Mapping[str, tuple[Sequence[int], Sequence[int]]], **texts: Unpack[Texts]) -> None:
    """Draw recurrent networks unrolled in time: inputs at the bottom, hidden states in the middle, outputs at the top.

    Parameters
    ----------
    problems : dict of str to (inputs, outputs)
        Two rows of 0 and 1 ``(steps,)``: 1 where a time step has an input, and where it has an output.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If the two rows of a problem differ in length.

    Examples
    --------
    >>> unrolled({"many to one": ([1, 1, 1], [0, 0, 1])}, title="Shapes", alt="Three inputs, one output.")
    Figure(340x380)
    """
    for name, (inputs, outputs) in problems.items():
        same_length(repr(name), inputs=inputs, outputs=outputs)
    longest = max(len(inputs) for inputs, _ in problems.values())
    with figure(3.4 * len(problems), 3.8, len(problems), frame=False, **texts) as panels:
        for axes, (name, rows) in zip(panels, problems.items(), strict=True):
            for step, (has_input, has_output) in enumerate(zip(*rows, strict=True)):
                _unit(axes, "h", step, 1, STATE)
                if has_input:
                    _unit(axes, "x", step, 0, INPUT)
                    axes.annotate("", (step, 0.75), (step, 0.25), arrowprops=ARROW)
                if has_output:
                    _unit(axes, "y", step, 2, OUTPUT)
                    axes.annotate("", (step, 1.75), (step, 1.25), arrowprops=ARROW)
                if step:
                    axes.annotate("", (step - 0.3, 1), (step - 0.7, 1), arrowprops=ARROW)
            middle, half = (len(rows[0]) - 1) / 2, longest / 2 + 0.1
            axes.set(xlim=(middle - half, middle + half), ylim=(-0.45, 2.45), xticks=[], yticks=[], title=name)


def _unit(axes: Axes, letter: str, step: int, row: int, color: str) -> None:
    box(axes, step, row, f"${letter}_{step + 1}$", color, width=0.6, height=0.5)


def weight_tying(
    *, title: str = "Two matrices of word vectors, or one",
    alt: str = "Two networks look up a word's vector, read it with an LSTM, and compare the state with all words' "
    "vectors. On the left these are two matrices, on the right one and the same.",
) -> None:  # fmt: skip
    """Draw a word language model with two matrices of word vectors, and with one that serves at both ends.

    Parameters
    ----------
    title, alt : str
        As for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> weight_tying()
    Figure(1000x460)
    """
    with figure(10.0, 4.6, 2, frame=False, title=title, alt=alt) as panels:
        for axes, name, second in zip(panels, ("separate", "tied"), ("another matrix", "the same matrix"), strict=True):
            rows = [("word", INPUT), ("vectors of all words,\na matrix", STATE), ("LSTM", "white")]
            rows += [(f"vectors of all words,\n{second}", STATE if name == "tied" else OUTPUT), ("next word", INPUT)]
            for row, (text, color) in enumerate(rows):
                box(axes, 0, row, text, color, width=1.6, height=0.6)
                if row:
                    axes.annotate("", (0, row - 0.3), (0, row - 0.7), arrowprops=ARROW)
            if name == "tied":
                axes.plot([0.8, 1.1, 1.1, 0.8], [1, 1, 3, 3], color=GREY, linestyle="--")
                axes.text(1.15, 2, "shared", va="center")
            axes.set(xlim=(-1.4, 1.7), ylim=(-0.4, 4.4), xticks=[], yticks=[], title=name)

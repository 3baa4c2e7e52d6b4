"""What all figures of the course share: colors, the note about samples, the alternative text.

`course.mplstyle` holds the look. Inputs, states and outputs have
the same color in every diagram, and a value below zero is orange, above zero blue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NotRequired, TypedDict

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from course_utils.corpora import Provenance

__all__ = ["COLORS", "GREY", "GROUND", "INPUT", "LOW_TO_HIGH", "OUTPUT", "PADDING", "STATE", "VISIBLE", "Texts"]
__all__ += ["box", "figure"]

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # as in the style
GREY, PADDING = "#666666", "#DDDDDD"
INPUT, STATE, OUTPUT = "#F3C95F", "#8FCDF2", "#5CC4A1"  # tints of COLORS on which text can be read
LOW_TO_HIGH = LinearSegmentedColormap.from_list("dots", [COLORS[1], "#E8E8E8", COLORS[0]])
GROUND = LinearSegmentedColormap.from_list("behind text", [COLORS[4], "#F4F4F4", COLORS[5]])
VISIBLE = {"\n": "↵", " ": "␣"}
STYLE = Path(__file__).with_name("course.mplstyle")


class Texts(TypedDict):
    """The words that every figure takes.

    Attributes
    ----------
    title : str
        Gets a note when ``data`` is a sample.
    alt : str
        One sentence for readers who cannot see the figure.
    data : course_utils.corpora.Provenance, optional
        Where the numbers come from.
    """

    title: str
    alt: str
    data: NotRequired[Provenance | None]


@contextmanager
def figure(
    width: float = 9.0, height: float = 4.8, columns: int = 1, *, title: str, alt: str, data: Provenance | None = None,
    xlabel: str = "", ylabel: str = "", sharey: bool = True, frame: bool = True) -> Iterator[list[Axes]]:  # fmt: skip
    """Open a figure with panels side by side to draw on; show it at the end, and close it even after an error.

    Parameters
    ----------
    width, height : float
        Size in inches.
    columns : int
        Number of panels.
    title, alt, data
        As for :class:`Texts`.
    xlabel, ylabel : str
        Label below each panel, and left of the first.
    sharey : bool
        One vertical axis for all panels.
    frame : bool
        Draw the left and the lower axis, with their ticks.

    Yields
    ------
    list of matplotlib.axes.Axes
        The panels.

    Raises
    ------
    ValueError
        If ``alt`` is empty.

    Examples
    --------
    >>> with figure(title="A line", alt="It rises.") as (axes,):
    ...     drawn = axes.plot([1, 2])
    Figure(900x480)
    """
    if not alt:
        raise ValueError("alt is empty; expected one sentence that says what the figure shows.")
    with plt.style.context([STYLE] if frame else [STYLE, {"xtick.major.size": 0, "ytick.major.size": 0}]):
        whole = plt.figure(figsize=(width, height))
        try:
            look = {"frame_on": frame, "xlabel": xlabel}
            panels = whole.subplots(1, columns, squeeze=False, sharey=sharey, subplot_kw=look)[0]
            panels[0].set_ylabel(ylabel)
            yield list(panels)
            whole.suptitle(f"{title} ({data.title_note})" if data and data.is_sample else title)
            display(whole, metadata={"image/png": {"alt": alt}})
        finally:
            plt.close(whole)


def box(axes: Axes, x: float, y: float, text: str, color: object, *, width: float = 0.92, height: float = 0.8) -> None:
    """Draw a colored box around the point ``(x, y)`` with a text in it."""
    left, low = x - width / 2, y - height / 2
    axes.add_patch(plt.Rectangle((left, low), width, height, facecolor=color, edgecolor=GREY))
    axes.text(x, y, text, ha="center", va="center")

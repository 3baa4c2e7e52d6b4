"""Diagrams of what is computed from what inside a cell, forward and backward (notebook "Inside the cells").

Inputs and candidates are yellow, states blue, gates orange, results green, as in every diagram of the course.
"""

from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from course_utils.plots.canvas import COLORS, GREY, INPUT, OUTPUT, STATE, box, figure

__all__ = ["gru_cell", "lstm_cell", "through_time"]

GATE = "#F6C1A2"  # for numbers between 0 and 1
ARROW = {"arrowstyle": "-|>", "color": GREY, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
LSTM = (
    "The cell state c runs along the top, is multiplied by the forget gate, and has input gate times candidate added. "
    "All gates read x and the old h. The new h is the output gate times tanh of the new c."
)
GRU = (
    "The old h runs along the top and is multiplied by the update gate z. Both gates read x and the old h. The "
    "candidate, which reads x and sees the old h through the reset gate r, is multiplied by 1 minus z and added."
)
THROUGH_TIME = (
    "A network unrolled. Values run up and to the right, gradients back from the loss to states, inputs and weights."
)
READ = ((2.85, 1.42, "x and h"), (4.95, 1.42, "x only"), (7.15, 1.42, "x and h"))  # what a GRU's parts read
BUS = 1.2  # height of the line that takes x and the old h to the gates


def lstm_cell(*, title: str = "One time step of an LSTM", alt: str = LSTM) -> None:
    """Draw one time step of an LSTM: the cell state along the top, three gates and the candidate below.

    Parameters
    ----------
    title, alt : str
        As for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> lstm_cell()
    Figure(1100x540)
    """
    with figure(11.0, 5.4, frame=False, title=title, alt=alt) as (axes,):
        _cell(axes, top=5.15)
        for x, name, color in (
            (2.3, "forget", GATE),
            (4.1, "input", GATE),
            (5.9, "candidate", INPUT),
            (7.7, "output", GATE),
        ):
            _function(axes, x, name, color)
        _line(axes, (0.2, BUS), (7.7, BUS), arrow=False)
        _line(axes, (0.2, 4.5), (2.04, 4.5))
        _line(axes, (2.56, 4.5), (4.74, 4.5))
        _line(axes, (5.26, 4.5), (10.6, 4.5))
        _line(axes, (2.3, 2.6), (2.3, 4.24))
        _line(axes, (4.1, 2.6), (4.1, 3.4), (4.74, 3.4))
        _line(axes, (5.9, 2.6), (5.9, 3.4), (5.26, 3.4))
        _line(axes, (5.0, 3.66), (5.0, 4.24))
        _line(axes, (7.7, 2.6), (7.7, 3.2), (8.44, 3.2))
        _line(axes, (8.7, 4.5), (8.7, 4.16))
        _line(axes, (8.7, 3.74), (8.7, 3.46))
        _line(axes, (8.96, 3.2), (10.6, 3.2))
        box(axes, 8.7, 3.95, "tanh", INPUT, width=0.8, height=0.42)
        for x, y, sign in ((2.3, 4.5, "×"), (5.0, 4.5, "+"), (5.0, 3.4, "×"), (8.7, 3.2, "×")):
            _sign(axes, x, y, sign)
        ends = {"$c_{t-1}$": (-0.25, 4.5), "$h_{t-1}$": (-0.25, BUS), "$c_t$": (11.05, 4.5), "$h_t$": (11.05, 3.2)}
        _ends(axes, ends, top=5.3)


def gru_cell(*, title: str = "One time step of a GRU", alt: str = GRU) -> None:
    """Draw one time step of a GRU, form ``reset_after``: the old state along the top, two gates and the candidate.

    Parameters
    ----------
    title, alt : str
        As for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> gru_cell()
    Figure(1100x500)
    """
    with figure(11.0, 5.0, frame=False, title=title, alt=alt) as (axes,):
        _cell(axes, top=4.65)
        for x, name, color in ((2.4, "reset r", GATE), (4.6, "candidate", INPUT), (6.7, "update z", GATE)):
            _function(axes, x, name, color)
        _line(axes, (0.9, 4.1), (0.9, BUS), (6.7, BUS), arrow=False)
        _line(axes, (0.2, 4.1), (6.44, 4.1))
        _line(axes, (6.96, 4.1), (8.44, 4.1))
        _line(axes, (8.96, 4.1), (10.6, 4.1))
        _line(axes, (3.05, 2.2), (3.95, 2.2))
        _line(axes, (6.7, 2.6), (6.7, 3.84))
        _line(axes, (4.6, 2.6), (4.6, 3.0), (8.7, 3.0), (8.7, 2.46))
        _line(axes, (7.35, 2.2), (8.44, 2.2))
        _line(axes, (8.96, 2.2), (9.3, 2.2), (9.3, 3.6), (8.7, 3.6), (8.7, 3.84))
        for x, y, word in ((3.5, 2.38, "× $h\\,U$"), (6.9, 3.5, "z"), (7.9, 2.38, "1 − z"), *READ):
            axes.text(x, y, word, ha="center")
        for x, y, sign in ((6.7, 4.1, "×"), (8.7, 4.1, "+"), (8.7, 2.2, "×")):
            _sign(axes, x, y, sign)
        _ends(axes, {"$h_{t-1}$": (-0.25, 4.1), "$h_t$": (11.05, 4.1)}, top=4.8)


def through_time(
    steps: int = 4, *, title: str = "Values go forward, gradients go back", alt: str = THROUGH_TIME
) -> None:
    """Draw a recurrent network unrolled in time, with the way of its values (grey) and of its gradients (orange).

    Parameters
    ----------
    steps : int
        Time steps.
    title, alt : str
        As for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> through_time(steps=2)
    Figure(1100x420)
    """
    back = {"color": COLORS[1], "linestyle": "--"}
    with figure(11.0, 4.2, frame=False, title=title, alt=alt) as (axes,):
        for step in range(steps):
            x = 2.6 * step
            box(axes, x, 0.4, f"$x_{step + 1}$", INPUT, width=0.9, height=0.6)
            box(axes, x, 2.4, f"$h_{step + 1}$", STATE, width=0.9, height=0.6)
            _line(axes, (x - 0.2, 0.7), (x - 0.2, 2.1))
            _line(axes, (x + 0.2, 2.1), (x + 0.2, 0.7), **back)
            axes.text(x + 0.3, 1.4, "dx", va="center", color=back["color"])
            _line(axes, (x + 0.45, 2.52), (x + 2.15, 2.52))
            _line(axes, (x + 2.15, 2.28), (x + 0.45, 2.28), **back)
            axes.text(x + 1.3, 2.0, "dh", ha="center", color=back["color"])
        box(axes, 2.6 * steps, 2.4, "loss", OUTPUT, width=0.9, height=0.6)
        axes.text(2.6 * steps, 0.9, "dW, dU and db\nadd up over\nall steps", ha="center", color=back["color"])
        axes.set(xlim=(-0.6, 2.6 * steps + 0.6), ylim=(0, 2.9), xticks=[], yticks=[])


def _cell(axes: Axes, top: float) -> None:
    axes.add_patch(Rectangle((1.1, 0.75), 8.6, top - 0.75, facecolor="#FAFAFA", edgecolor=GREY, linestyle="--"))


def _function(axes: Axes, x: float, name: str, color: str) -> None:
    """Draw a box that reads x and the old h: a gate with its sigmoid, or the candidate with its tanh."""
    box(axes, x, 2.2, f"{name}\n{'tanh' if color == INPUT else 'σ'}", color, width=1.3)
    _line(axes, (x, BUS), (x, 1.8))


def _ends(axes: Axes, ends: dict[str, tuple[float, float]], top: float) -> None:
    """Draw the states that enter and leave, and the input, and set the limits."""
    for name, (x, y) in ends.items():
        box(axes, x, y, name, OUTPUT if name == "$h_t$" else STATE, width=0.8, height=0.5)
    box(axes, 1.6, 0.2, "$x_t$", INPUT, width=0.8, height=0.5)
    _line(axes, (1.6, 0.45), (1.6, BUS))
    axes.set(xlim=(-0.8, 11.6), ylim=(-0.15, top), xticks=[], yticks=[])


def _sign(axes: Axes, x: float, y: float, sign: str) -> None:
    axes.add_patch(Circle((x, y), 0.26, facecolor="white", edgecolor=GREY, zorder=3))
    axes.text(x, y, sign, ha="center", va="center", zorder=4)


def _line(axes: Axes, *points: tuple[float, float], arrow: bool = True, **style: str) -> None:
    """Draw a line through points, with an arrow at its end."""
    axes.plot(*zip(*points[:-1], strict=True), linewidth=1.6, **{"color": GREY} | style)
    axes.annotate("", points[-1], points[-2], arrowprops=ARROW | ({} if arrow else {"arrowstyle": "-"}) | style)

"""Every figure of the course, from plain results.

Each helper draws one kind of figure, shows it with its alternative text (for readers who listen to a page) and adds
"sample data" to the title where the numbers come from a sample. Colors are those of Okabe and Ito (2008), which
color-blind readers can tell apart.
"""

import functools
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
GREY = "#666666"


def _canvas(width: float = 9.0, height: float = 4.8, columns: int = 1):
    figure, axes = plt.subplots(1, columns, figsize=(width, height), layout="constrained", squeeze=False)
    for each in axes.flat:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=13)
        each.set_axisbelow(True)
    return figure, list(axes.flat)


def _closed_on_error(draw):
    """Close the figure also if drawing fails: an open one would appear below the learner's next cell."""

    @functools.wraps(draw)
    def wrapper(*args, **options):
        before = set(plt.get_fignums())
        try:
            draw(*args, **options)
        except BaseException:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
            raise

    return wrapper


def _label(axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=14)
    axes.set_ylabel(y, fontsize=14)


def _show(figure, title: str, alt: str, data) -> None:
    if not alt:
        raise ValueError("alt is empty; expected one sentence that says what the figure shows.")
    note = getattr(data, "title_note", "")
    figure.suptitle(f"{title} ({note})" if note else title, fontsize=16)
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


@_closed_on_error
def histogram(
    values, *, title: str, x: str, y: str, alt: str, data=None, bins=40, marks: Mapping | None = None
) -> None:
    """Draw how often values occur, with named vertical lines at the places that matter.

    Parameters
    ----------
    values : sequence of float ``(n,)``
    title, x, y : str
        Title and axis labels, units included.
    alt : str
        One sentence for readers who cannot see the figure.
    data : course_utils.datasets.Provenance, optional
        Where the numbers come from.
    bins : int or sequence
    marks : dict of str to float, optional
        Label and place of each vertical line.

    Raises
    ------
    ValueError
        If ``values`` or ``alt`` is empty.

    Examples
    --------
    >>> histogram([1, 2, 2, 3], title="Lengths", x="tokens", y="reviews", alt="Most have two.", bins=3)
    Figure(900x480)
    """
    if len(values) == 0:
        raise ValueError("values is empty; expected at least one number.")
    figure, (axes,) = _canvas()
    axes.hist(values, bins=bins, color=COLORS[0])
    for number, (label, place) in enumerate((marks or {}).items()):
        color = (COLORS[1], COLORS[2], COLORS[3])[number % 3]
        axes.axvline(place, color=color, linestyle=("-", "--", ":")[number % 3], linewidth=2, label=label)
    if marks:
        axes.legend(fontsize=13, frameon=False)
    _label(axes, x, y)
    _show(figure, title, alt, data)


@_closed_on_error
def lines(curves: Mapping[str, tuple], *, title: str, x: str, y: str, alt: str, data=None, log: bool = False) -> None:
    """Draw named curves over one pair of axes.

    Parameters
    ----------
    curves : dict of str to (xs, ys)
        Two sequences ``(points,)`` a curve.
    title, x, y, alt, data
        As for :func:`histogram`.
    log : bool
        Both axes logarithmic.

    Raises
    ------
    ValueError
        If a curve's two sequences differ in length, or ``alt`` is empty.

    Examples
    --------
    >>> lines({"squares": ([1, 2, 3], [1, 4, 9])}, title="Growth", x="n", y="n²", alt="It rises ever faster.")
    Figure(900x480)
    """
    figure, (axes,) = _canvas()
    styles = ("-", "--", "-.", ":")
    for number, (label, (xs, ys)) in enumerate(curves.items()):
        if len(xs) != len(ys):
            raise ValueError(
                f"curve {label!r} has {len(xs)} x values and {len(ys)} y values; expected as many of each."
            )
        axes.plot(xs, ys, styles[number % 4], color=COLORS[number % len(COLORS)], linewidth=2, label=label)
    if log:
        axes.set(xscale="log", yscale="log")
    if len(curves) > 1:
        axes.legend(fontsize=13, frameon=False)
    axes.grid(alpha=0.25)
    _label(axes, x, y)
    _show(figure, title, alt, data)


@_closed_on_error
def bars(heights: Mapping[str, float], *, title: str, y: str, alt: str, data=None, spread=None, form="{:.3g}") -> None:
    """Draw one horizontal bar a name, its value written at the end, with a whisker of its spread.

    Parameters
    ----------
    heights : dict of str to float
    title, alt, data
        As for :func:`histogram`.
    y : str
        What the bars measure, unit included.
    spread : dict of str to float, optional
        Standard deviation of each.
    form : str
        Format of the written value.

    Examples
    --------
    >>> bars({"words": 0.9, "bytes": 1.2}, title="Size", y="MB", alt="Bytes take more.")
    Figure(900x222)
    """
    figure, (axes,) = _canvas(height=max(1.8, 0.46 * len(heights) + 1.3))
    names, values = list(heights), list(heights.values())
    errors = [spread.get(name, 0) for name in names] if spread else None
    shown = axes.barh(names, values, xerr=errors, color=COLORS[0], capsize=4, height=0.65)
    texts = [form.format(value) + (f" ± {form.format(spread[n])}" if spread else "") for n, value in heights.items()]
    axes.bar_label(shown, texts, padding=4, fontsize=13)
    axes.margins(x=0.18)
    axes.invert_yaxis()
    axes.set_xlabel(y, fontsize=14)
    _show(figure, title, alt, data)


@_closed_on_error
def learning_curves(table, *, metric: str, title: str, y: str, alt: str, data=None) -> None:
    """Draw training and validation curves of each model: every seed thin, their mean thick while all still train.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`course_utils.experiments.run` returns it.
    metric : str
        A column, such as ``"accuracy"``; ``"val_" + metric`` is drawn beside it.
    title, y, alt, data
        As for :func:`histogram`.

    Raises
    ------
    ValueError
        If the table lacks the metric.
    """
    names = [metric, f"val_{metric}"]
    if missing := [name for name in names if name not in table]:
        raise ValueError(f"the table has no column {missing[0]!r}; it has {', '.join(map(str, table.columns))}.")
    models = list(dict.fromkeys(table["model"]))
    figure, panels = _canvas(width=max(9.0, 5.0 * len(models)), columns=len(models))
    for axes, model in zip(panels, models, strict=True):
        runs = table[(table["model"] == model) & table["epoch"].notna()]
        for name, label, color in zip(names, ("training", "validation"), COLORS, strict=False):
            by_epoch = runs.pivot(index="epoch", columns="seed", values=name)
            axes.plot(by_epoch.index, by_epoch, color=color, linewidth=1, alpha=0.6)
            everyone = by_epoch.dropna()
            axes.plot(everyone.index, everyone.mean(axis=1), color=color, linewidth=3, label=label)
        axes.set_title(f"{model} ({runs['seed'].nunique()} seeds)", fontsize=14)
        axes.grid(alpha=0.25)
        _label(axes, "epoch", y)
    low = min(axes.get_ylim()[0] for axes in panels)
    high = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(low, high)
    panels[0].legend(fontsize=13, frameon=False)
    _show(figure, title, alt, data)


@_closed_on_error
def token_grid(rows: Mapping[str, Sequence[str]], *, title: str, alt: str, data=None) -> None:
    """Draw rows of tokens as boxes, one a time step; padding is grey.

    Parameters
    ----------
    rows : dict of str to sequence of str
        Name and tokens of each row; ``"[PAD]"`` or ``""`` is padding.
    title, alt, data
        As for :func:`histogram`.

    Examples
    --------
    >>> token_grid({"left": ["[PAD]", "good"], "right": ["good", "[PAD]"]}, title="Padding", alt="Left and right.")
    Figure(900x220)
    """
    width = max(len(tokens) for tokens in rows.values())
    figure, (axes,) = _canvas(width=max(9.0, 1.1 * width + 2), height=max(2.0, 0.6 * len(rows) + 1.0))
    for line, tokens in enumerate(rows.values()):
        for step, token in enumerate(tokens):
            padding = token in ("", "[PAD]")
            color = "#DDDDDD" if padding else "#CFE4F3"
            axes.add_patch(plt.Rectangle((step + 0.04, line + 0.1), 0.92, 0.8, facecolor=color, edgecolor=GREY))
            text = "0" if padding else token
            axes.text(step + 0.5, line + 0.5, text, ha="center", va="center", fontsize=13)
    axes.set(xlim=(0, width), ylim=(len(rows), 0), xticks=np.arange(width) + 0.5, yticks=np.arange(len(rows)) + 0.5)
    axes.set_xticklabels(range(1, width + 1))
    axes.set_yticklabels(rows)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xlabel("time step", fontsize=14)
    _show(figure, title, alt, data)


@_closed_on_error
def word_map(
    points,
    words: Sequence[str],
    values,
    *,
    title: str,
    x: str,
    y: str,
    alt: str,
    data=None,
    legend: str = "",
    named=(),
) -> None:
    """Draw words as points in the plane, colored from orange (low) to blue (high), some of them named.

    Parameters
    ----------
    points : float array ``(words, 2)``
    words : sequence of str ``(words,)``
    values : float array ``(words,)``
        What the color shows; 0 lies in the middle of the scale.
    title, x, y, alt, data
        As for :func:`histogram`.
    legend : str
        Label of the color scale.
    named : collection of str
        The words to write beside their points.

    Raises
    ------
    ValueError
        If points, words and values differ in number.

    Examples
    --------
    >>> word_map([[0, 0], [1, 1]], ["bad", "good"], [-1, 1], title="Two words", x="1st", y="2nd", alt="Apart.")
    Figure(950x620)
    """
    points, values = np.asarray(points), np.asarray(values)
    if not len(points) == len(words) == len(values):
        raise ValueError(
            f"got {len(points)} points, {len(words)} words, {len(values)} values; expected as many of each."
        )
    figure, (axes,) = _canvas(width=9.5, height=6.2)
    limit = float(np.abs(values).max()) or 1.0
    scale = plt.matplotlib.colors.LinearSegmentedColormap.from_list("", [COLORS[1], "#E8E8E8", COLORS[0]])
    shown = axes.scatter(
        *points.T, c=values, cmap=scale, vmin=-limit, vmax=limit, s=28, edgecolors=GREY, linewidths=0.4
    )
    for word, (left, up) in zip(words, points, strict=True):
        if word in set(named):
            axes.annotate(word, (left, up), xytext=(4, 3), textcoords="offset points", fontsize=13)
    figure.colorbar(shown, ax=axes, label=legend)
    _label(axes, x, y)
    _show(figure, title, alt, data)

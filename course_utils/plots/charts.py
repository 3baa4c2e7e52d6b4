"""Charts: histograms, curves, bars, strips and maps (from notebook 00 on)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Unpack

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from course_utils.plots.canvas import COLORS, LOW_TO_HIGH, Texts, figure
from course_utils.validate import same_length

__all__ = ["bars", "histogram", "learning_curves", "lines", "strip_plot", "word_map"]

STYLES = ("-", "--", "-.", ":")


def histogram(
    values: Sequence[float], *, xlabel: str, ylabel: str, bins: int | Sequence[float] = 40,
    marks: Mapping[str, float] | None = None, **texts: Unpack[Texts]) -> None:  # fmt: skip
    """Draw how often values occur, with named vertical lines at the places that matter.

    Parameters
    ----------
    values : sequence of float ``(n,)``
    xlabel, ylabel : str
        Axis labels, units included.
    bins : int or sequence of float
        Number of bins, or their edges.
    marks : dict of str to float, optional
        Label and place of each vertical line.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If ``values`` or ``alt`` is empty.

    Examples
    --------
    >>> histogram([1, 2, 2, 3], title="Lengths", xlabel="tokens", ylabel="reviews", alt="Most have two.", bins=3)
    Figure(900x480)
    """
    same_length("the histogram", values=values)
    with figure(xlabel=xlabel, ylabel=ylabel, **texts) as (axes,):
        axes.hist(values, bins=bins)
        for number, (name, place) in enumerate((marks or {}).items(), start=1):
            axes.axvline(place, color=f"C{number}", linestyle=STYLES[number % 4], label=name)
        if marks:
            axes.legend()


def lines(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, xlabel: str, ylabel: str, log: bool = False,
    **texts: Unpack[Texts]) -> None:  # fmt: skip
    """Draw named curves over one pair of axes.

    Parameters
    ----------
    curves : dict of str to (xs, ys)
        Two sequences ``(points,)`` for each curve.
    xlabel, ylabel : str
        Axis labels, units included.
    log : bool
        Both axes logarithmic.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If a curve's two sequences differ in length, or ``alt`` is empty.

    Examples
    --------
    >>> squares = ([1, 2, 3], [1, 4, 9])
    >>> lines({"squares": squares}, title="Growth", xlabel="n", ylabel="n²", alt="It rises ever faster.")
    Figure(900x480)
    """
    with figure(xlabel=xlabel, ylabel=ylabel, **texts) as (axes,):
        for number, (name, (xs, ys)) in enumerate(curves.items()):
            same_length(f"curve {name!r}", xs=xs, ys=ys)
            axes.plot(xs, ys, STYLES[number % 4], label=name)
        if log:
            axes.set(xscale="log", yscale="log")
        if len(curves) > 1:
            axes.legend()
        axes.grid()


def bars(
    heights: Mapping[str, float], *, xlabel: str, spread: Mapping[str, float] | None = None, fmt: str = "{:.3g}",
    **texts: Unpack[Texts]) -> None:  # fmt: skip
    """Draw one horizontal bar for each name, with its value at the end and a whisker for its spread.

    Parameters
    ----------
    heights : dict of str to float
    xlabel : str
        What the bars measure, unit included.
    spread : dict of str to float, optional
        Standard deviation of each.
    fmt : str
        Format of the written value.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Examples
    --------
    >>> bars({"words": 0.9, "bytes": 1.2}, title="Size", xlabel="MB", alt="Bytes take more.")
    Figure(900x222)
    """
    errors = [spread[name] for name in heights] if spread else None
    written = [fmt.format(height) for height in heights.values()]
    if spread:
        written = [f"{height} ± {fmt.format(error)}" for height, error in zip(written, errors, strict=True)]
    with figure(height=max(1.8, 0.46 * len(heights) + 1.3), xlabel=xlabel, **texts) as (axes,):
        drawn = axes.barh(list(heights), list(heights.values()), xerr=errors, capsize=4, height=0.65)
        axes.bar_label(drawn, written, padding=4)
        axes.margins(x=0.18)
        axes.invert_yaxis()


def learning_curves(table: pd.DataFrame, *, metric: str, ylabel: str, **texts: Unpack[Texts]) -> None:
    """Draw training and validation curves of each model: every seed thin, their mean thick while all still train.

    Parameters
    ----------
    table : pandas.DataFrame
        The ``table`` of :func:`course_utils.experiments.run`'s result: a row per model, seed and epoch.
    metric : str
        A column, such as ``"accuracy"``; ``"val_" + metric`` is drawn beside it.
    ylabel : str
        Its axis label.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    KeyError
        If the table lacks the metric.

    Examples
    --------
    >>> table = pd.DataFrame({"model": "GRU", "seed": 0, "epoch": [1, 2], "loss": [2, 1], "val_loss": [2, 2]})
    >>> learning_curves(table, metric="loss", title="Training", ylabel="loss", alt="It falls.")
    Figure(900x480)
    """
    curves = {metric: "training", f"val_{metric}": "validation"}
    models = table[["model", "seed", "epoch", *curves]].groupby("model", sort=False)
    with figure(max(9.0, 5.0 * len(models)), columns=len(models), xlabel="epoch", ylabel=ylabel, **texts) as panels:
        for axes, (model, runs) in zip(panels, models, strict=True):
            runs = runs.dropna(subset="epoch")
            for (column, name), color in zip(curves.items(), COLORS, strict=False):
                by_epoch = runs.pivot(index="epoch", columns="seed", values=column)
                axes.plot(by_epoch.index, by_epoch, color=color, linewidth=1, alpha=0.6)
                axes.plot(by_epoch.dropna().mean(axis=1), color=color, linewidth=3, label=name)
            axes.set_title(f"{model} (seeds: {runs['seed'].nunique()})")
            axes.grid()
        panels[0].legend()


def strip_plot(
    table: pd.DataFrame, panels: Mapping[str, str], *, marks: Mapping[str, float] | None = None,
    **texts: Unpack[Texts]) -> None:  # fmt: skip
    """Draw models against each other, one panel for each column. Each dot is one seed; the bar marks the mean.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per run, with a column ``model`` and those of the panels. The models keep the order of the table.
    panels : dict of str to str
        Column and its axis label, unit included.
    marks : dict of str to float, optional
        Label and place of vertical lines across the first panel, such as a baseline.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    KeyError
        If the table lacks a column.

    Examples
    --------
    >>> table = pd.DataFrame({"model": ["GRU", "GRU", "LSTM"], "test": [0.87, 0.88, 0.86]})
    >>> strip_plot(table, {"test": "test accuracy"}, title="Two models", alt="GRU leads.", marks={"bag": 0.9})
    Figure(900x250)
    """
    means = table.groupby("model", sort=False)[list(panels)].mean()
    with figure(max(9.0, 4.6 * len(panels)), 0.42 * len(means) + 1.66, len(panels), **texts) as drawn:
        for axes, (column, name) in zip(drawn, panels.items(), strict=True):
            axes.plot(table[column], table["model"], "o", alpha=0.55, markersize=8)
            axes.plot(means[column], means.index, "|", markersize=20, markeredgewidth=3)
            axes.set_xlabel(name)
            axes.grid()
        drawn[0].set_ylim(len(means) - 0.5, -0.5)
        for name, place in (marks or {}).items():
            drawn[0].axvline(place, color="black", linestyle="--", linewidth=1.5)
            drawn[0].text(place, -0.45, f"{name} ", rotation=90, ha="right", va="top")


def word_map(
    points: ArrayLike, words: Sequence[str], values: ArrayLike, *, xlabel: str, ylabel: str, legend: str = "",
    named: Collection[str] = (), **texts: Unpack[Texts]) -> None:  # fmt: skip
    """Draw words as points in the plane, colored from orange (low) to blue (high), some of them named.

    Parameters
    ----------
    points : float array ``(words, 2)``
    words : sequence of str ``(words,)``
    values : float array ``(words,)``
        What the color shows; 0 lies in the middle of the scale.
    xlabel, ylabel : str
        Axis labels, units included.
    legend : str
        Label of the color scale.
    named : collection of str
        The words to write beside their points, each on the side where it covers the fewest of the others.
    **texts
        ``title``, ``alt`` and ``data``, as for :class:`course_utils.plots.canvas.Texts`.

    Raises
    ------
    ValueError
        If points, words and values differ in number.

    Examples
    --------
    >>> word_map([[0, 0], [1, 1]], ["bad", "good"], [-1, 1], title="Two", xlabel="1st", ylabel="2nd", alt="Apart.")
    Figure(950x620)
    """
    points, values = np.asarray(points), np.asarray(values)
    same_length("the map", points=points, words=words, values=values)
    limit = float(np.abs(values).max()) or 1.0
    with figure(9.5, 6.2, xlabel=xlabel, ylabel=ylabel, **texts) as (axes,):
        dots = axes.scatter(*points.T, c=values, cmap=LOW_TO_HIGH, vmin=-limit, vmax=limit, s=34, ec="0.4", lw=0.5)
        axes.figure.colorbar(dots, label=legend)
        axes.figure.draw_without_rendering()  # from here on, places on the page are known
        taken, sides = [], {(4, 3): "left", (-4, 3): "right", (4, -18): "left", (-4, -18): "right"}
        for word, place in zip(words, points, strict=True):
            if word in named:
                tried = [axes.annotate(word, place, at, textcoords="offset points", ha=ha) for at, ha in sides.items()]
                covered = [label.get_window_extent().count_overlaps(taken) for label in tried]
                taken.append(tried.pop(int(np.argmin(covered))).get_window_extent())
                for label in tried:
                    label.remove()

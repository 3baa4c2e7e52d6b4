"""The figure of a translation: which characters of the source each character of the answer looks at (notebook 05)."""

from collections.abc import Sequence

import numpy as np

from course_utils.plots import _canvas, _closed_on_error, _label, _show


@_closed_on_error
def alignments(pictures: Sequence[tuple], *, title: str, alt: str, data=None) -> None:
    """Draw attention weights as heat maps side by side, the source across, the answer downwards.

    Parameters
    ----------
    pictures : sequence of (weights, source, target)
        Weights ``(len(target), len(source))`` from 0 to 1 and the two texts, one character a place.
    title, alt, data
        As for :func:`course_utils.plots.histogram`.

    Raises
    ------
    ValueError
        If weights and texts do not fit each other, or ``alt`` is empty.

    Examples
    --------
    >>> alignments([([[0.9, 0.1], [0.2, 0.8]], "ab", "AB")], title="Where it looks", alt="Along the diagonal.")
    Figure(1100x460)
    """
    for weights, source, target in pictures:
        if np.shape(weights) != (len(target), len(source)):
            raise ValueError(
                f"weights of shape {np.shape(weights)} for {source!r} and {target!r}; expected "
                f"({len(target)}, {len(source)})."
            )
    figure, panels = _canvas(width=11.0, height=4.6, columns=len(pictures))
    for axes, (weights, source, target) in zip(panels, pictures, strict=True):
        axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set(xticks=range(len(source)), yticks=range(len(target)))
        axes.set_xticklabels(["␣" if each == " " else each for each in source], family="monospace")
        axes.set_yticklabels(target, family="monospace")
        axes.tick_params(length=0)
        _label(axes, "source", "answer" if axes is panels[0] else "")
    _show(figure, title, alt, data)

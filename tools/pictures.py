"""Draw the pictures of mechanisms that the lessons show beside their text.

python -m tools.pictures      every function of PICTURES -> notebooks/pictures/<function>.png

Inputs are yellow and at the bottom, states blue in the middle, outputs green at the top, as in every diagram.
"""

import tempfile
from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from PIL import Image

from course_utils.plots.canvas import COLORS, GREY, INPUT, OUTPUT, PADDING, STATE, STYLE, VISIBLE, box
from course_utils.plots.diagrams import ARROW
from tools.sources import NOTEBOOKS

FOLDER = NOTEBOOKS / "pictures"
WIDTH = 10.0  # inches, the same for all, so that a point of text is as large in every picture
LOOK = {"font.size": 15, "figure.constrained_layout.use": False}
BLUE, ORANGE = COLORS[:2]


def tokenizer(figure: Figure) -> None:
    """Show one sentence cut into characters, byte pairs and words, with an id above each token."""
    axes, sentence, left, step = paper(figure, 5.75), "Not unfunny!", 2.3, 0.61
    cuts = {  # tokens by the place where they begin, from the quick profile of lesson 01 on the sample of reviews
        "characters": (1.5, dict(enumerate(sentence)), [27, 53, 58, 2, 59, 52, 44, 59, 52, 52, 63, 3]),
        "byte pairs": (3.05, {0: "Not", 3: "Ġun", 6: "f", 7: "unny", 11: "!"}, [1939, 1268, 71, 1952, 2]),
        "words": (4.6, {0: "not", 4: "[UNK]"}, [144, 1]),
    }
    row(axes, left + step / 2, 0.45, sentence, INPUT, step)
    note(axes, 2.1, 0.45, "text", ha="right")
    for name, (y, tokens, ids) in cuts.items():
        note(axes, 0.15, y + 0.36, name, ha="left", weight="bold")
        for (start, token), number in zip(tokens.items(), ids, strict=True):
            length = 7 if token == "[UNK]" else len(token)
            middle, width = left + step * (start + length / 2), step * length - 0.1
            line(axes, (middle, y), (middle, y + 0.495))
            box(axes, middle, y, VISIBLE.get(token, token), STATE, width=width, height=0.45)
            box(axes, middle, y + 0.72, str(number), OUTPUT, width=width, height=0.45)
        note(axes, 2.1, y, "tokens", ha="right")
        note(axes, 2.1, y + 0.72, "ids", ha="right")


def look_up(figure: Figure) -> None:
    """Show that a one-hot vector times a matrix leaves one row, and that a look-up takes the same row at once."""
    axes, table = paper(figure, 4.8), [("0.1", "0.2"), ("1.1", "1.2"), ("2.1", "2.2"), ("3.1", "3.2")]
    for left, title in ((2.4, "one-hot vector × matrix"), (7.8, "embedding: look up the row")):
        note(axes, left + (0 if left < 5 else -0.2), 4.5, title, weight="bold")
        row(axes, left, 3.75, table[2], OUTPUT, 0.8)
        for index, numbers in enumerate(table):
            y = 2.45 - 0.62 * index
            row(axes, left, y, numbers, STATE if index == 2 else "white", 0.8)
            note(axes, left + (1.3 if left < 5 else -1.15), y, f"row {index}", ha="left", color=GREY)
            if left < 5:
                box(axes, 0.8, y, str(int(index == 2)), INPUT, width=0.6, height=0.5)
                note(axes, 1.55, y, "×")
    note(axes, 0.8, 2.95, "id 2")
    note(axes, 2.95, 3.1, "add up", ha="left")
    line(axes, (2.8, 2.75), (2.8, 3.5))
    note(axes, 5.75, 1.71, "id")
    box(axes, 5.75, 1.21, "2", INPUT, width=0.6, height=0.5)
    line(axes, (5.75, 1.21), (6.58, 1.21))
    line(axes, (9.0, 1.21), (9.45, 1.21), (9.45, 3.75), (9.0, 3.75))


def simple_rnn_cell(figure: Figure) -> None:
    """Show one time step: x times W plus the old h times U plus b, through tanh to the new h."""
    axes = paper(figure, 4.1)
    axes.add_patch(Rectangle((1.6, 1.1), 6.8, 2.8, facecolor="#FAFAFA", edgecolor=GREY, linestyle="--", zorder=0))
    line(axes, (0.65, 2.55), (2.45, 2.55))
    line(axes, (2.9, 2.55), (4.34, 2.55))
    line(axes, (4.6, 0.45), (4.6, 1.25))
    line(axes, (4.6, 1.55), (4.6, 2.29))
    line(axes, (4.6, 3.4), (4.6, 2.81))
    line(axes, (4.6, 2.55), (6.45, 2.55))
    line(axes, (6.9, 2.55), (8.9, 2.55))
    for x, y, text, color in (
        (4.6, 0.45, "$x_t$", INPUT),
        (0.65, 2.55, "$h_{t-1}$", STATE),
        (9.35, 2.55, "$h_t$", OUTPUT),
        (4.6, 1.55, "× W", "white"),
        (2.9, 2.55, "× U", "white"),
        (4.6, 3.4, "b", "white"),
        (6.9, 2.55, "tanh", INPUT),
    ):
        box(axes, x, y, text, color, width=0.9, height=0.6)
    axes.add_patch(Circle((4.6, 2.55), 0.26, facecolor="white", edgecolor=GREY))
    note(axes, 4.6, 2.55, "+")
    note(axes, 3.85, 2.83, "$h_{t-1}\\,U$")
    note(axes, 4.75, 2.07, "$x_t\\,W$", ha="left")
    note(axes, 5.65, 2.8, "sum")


def convolution_windows(figure: Figure) -> None:
    """Show one filter that reads three words at a time, padding included, and the mean and maximum of what it says."""
    axes, words = paper(figure, 5.2), ["it", "was", "not", "a", "good", "film", "PAD", "PAD"]
    answers, places = np.array([0.0, 0.1, 0.9, 0.2, 0.0, 0.0]), 1.9 + 1.07 * np.arange(8)
    marked = {"color": ORANGE, "linewidth": 2.5, "zorder": 0.6}
    for y, name in ((1.05, "words"), (2.7, "one filter"), (4.65, "pooling")):
        note(axes, 0.15, y, name, ha="left")
    for name, place, value in (("mean", places[2], answers.mean()), ("maximum", places[5], answers.max())):
        for middle, answer in zip(places[1:-1], answers, strict=True):
            found = name == "maximum" and answer == value
            line(axes, (middle, 2.98), (place, 4.35), arrow=False, **(marked if found else {"linewidth": 1}))
        box(axes, place, 4.65, f"{name}: {value:.1f}", OUTPUT, width=2.0, height=0.6)
    for start, answer in enumerate(answers):
        for word in places[start : start + 3]:
            look = marked if answer == answers.max() else {"linewidth": 1}
            line(axes, (word, 1.33), (places[start + 1], 2.42), arrow=False, **look)
        box(axes, places[start + 1], 2.7, f"{answer:.1f}", STATE, width=0.8, height=0.56)
    for place, word in zip(places, words, strict=True):
        box(axes, place, 1.05, word, PADDING if word == "PAD" else INPUT, width=0.96, height=0.56)
    line(axes, (places[2] - 0.48, 0.58), (places[4] + 0.48, 0.58), arrow=False, **marked)
    note(axes, places[3], 0.3, "a window of three words", color=ORANGE)


def receptive_field(figure: Figure) -> None:
    """Show three dilated causal convolutions with windows of 5, and the 29 steps that the last output depends on."""
    axes, places, seen = paper(figure, 4.7), 1.8 + 0.256 * np.arange(32), {31}
    for y, dilation, color in ((3.95, 4, OUTPUT), (2.95, 2, STATE), (1.95, 1, STATE), (0.95, 0, INPUT)):
        note(axes, 0.15, y, f"dilation {dilation}" if dilation else "steps", ha="left")
        for step, place in enumerate(places):
            face = color if step in seen else "white"
            axes.add_patch(Circle((place, y), 0.1, facecolor=face, edgecolor=GREY, zorder=2))
        pairs = {(step, step - back * dilation) for step in seen for back in range(5) if dilation}
        for step, below in sorted(pairs):
            line(axes, (places[step], y), (places[below], y - 1), arrow=False, linewidth=1)
        seen = {below for _, below in pairs}
    line(axes, (places[3] - 0.1, 0.63), (places[-1] + 0.1, 0.63), arrow=False, linewidth=2.5)
    note(axes, places[17], 0.33, "receptive field of the last output: 29 steps")
    note(axes, places[-1] + 0.1, 4.4, "last output", ha="right")


def bidirectional(figure: Figure) -> None:
    """Show a chain of states from left to right, one from right to left, and both states of each word side by side."""
    axes, places = paper(figure, 4.9), 2.65 + 2.07 * np.arange(4)
    for y, name in ((0.45, "words"), (1.7, "forward"), (2.9, "backward"), (4.4, "joined")):
        note(axes, 0.15, y, name, ha="left")
    for left, right in pairwise(places):
        line(axes, (left - 0.5, 1.7), (right - 0.9, 1.7))
        line(axes, (right + 0.5, 2.9), (left + 0.9, 2.9))
    for step, (place, word) in enumerate(zip(places, ("not", "a", "dull", "film"), strict=True), start=1):
        for x, y, arrow, last in ((place - 0.5, 1.7, "right", 4), (place + 0.5, 2.9, "left", 1)):
            name = f"$\\over{arrow}arrow{{h}}_{step}$"
            line(axes, (x, 0.45), (x, y - 0.3))
            line(axes, (x, y), (x, 4.1))
            box(axes, x, y, name, STATE, width=0.8, height=0.6)
            box(axes, x, 4.4, name, OUTPUT, width=1.0, height=0.6)
            if step == last:
                axes.add_patch(Rectangle((x - 0.4, y - 0.3), 0.8, 0.6, fill=False, edgecolor=ORANGE, linewidth=3.5))
        box(axes, place, 0.45, word, INPUT, width=1.8, height=0.6)


def stacked(figure: Figure) -> None:
    """Show a lower LSTM that hands its state on at every step, and an upper one that hands on only its last."""
    axes, places = paper(figure, 4.9), 4.2 + 1.7 * np.arange(4)
    for y, name in ((0.45, "words"), (1.9, "lower LSTM"), (3.0, "upper LSTM"), (4.4, "last state")):
        note(axes, 0.15, y, name, ha="left")
    note(axes, 0.15, 1.55, "return_sequences=True", ha="left", family="monospace", size=14)
    for step, (place, word) in enumerate(zip(places, ("not", "a", "dull", "film"), strict=True), start=1):
        for y, name in ((1.7, f"$h_{step}$"), (3.0, f"$h'_{step}$")):
            line(axes, (place, y - 1.2), (place, y - 0.3))
            box(axes, place, y, name, STATE, width=0.9, height=0.6)
            if step > 1:
                line(axes, (place - 1.25, y), (place - 0.45, y))
        box(axes, place, 0.45, word, INPUT, width=1.1, height=0.6)
    line(axes, (places[-1], 3.3), (places[-1], 4.1))
    box(axes, places[-1], 4.4, "$h'_4$", OUTPUT, width=0.9, height=0.6)


def contiguous_batches(figure: Figure) -> None:
    """Show a text cut into three strips, two batches of them, and the state that each row passes on."""
    axes, text, cell = paper(figure, 4.9), "we read a play by the sea", 0.36
    for strip in range(3):
        left, y = 0.45 + 3.03 * strip, 2.25 - 0.85 * strip
        note(axes, left + 3.5 * cell, 4.6, f"strip {strip + 1}")
        row(axes, left, 4.1, text[8 * strip : 8 * strip + 8], INPUT, cell)
        note(axes, 0.25, y, f"row {strip + 1}", ha="left")
        line(axes, (1.6, y), (2.58, y))
        box(axes, 1.6, y, "0", STATE, width=0.55, height=0.5)
        for batch in range(2):
            right, start = 3.4 * batch, 8 * strip + 4 * batch
            row(axes, 2.76 + right, y, text[start : start + 4], INPUT, cell)
            line(axes, (4.02 + right, y), (4.72 + right, y))
            line(axes, (5.0 + right, y), (5.98 + right if batch == 0 else 9.3, y))
            box(axes, 5.0 + right, y, "h", STATE, width=0.55, height=0.5)
    row(axes, 9.54, 4.1, text[24:], PADDING, cell)
    for x, name in ((1.6, "state"), (3.3, "batch 0"), (5.0, "state"), (6.7, "batch 1"), (8.4, "state")):
        note(axes, x, 2.95, name, weight="bold" if "batch" in name else "normal")


def sampling_filters(figure: Figure) -> None:
    """Show two distributions of the next character, and what temperature, top-k and top-p make of them."""
    figure.set_size_inches(WIDTH, 5.2)
    panels = figure.subplots(2, 4, sharex=True)
    hesitant, sure = ("smcwk", [0.3, 0.25, 0.2, 0.15, 0.1]), ("nr␣ds", [0.92, 0.04, 0.02, 0.01, 0.01])
    for line_of_panels, (letters, numbers) in zip(panels, (hesitant, sure), strict=True):
        own = np.array(numbers)
        ways = {"as it is": own, "T = 0.5": own**2}  # half the temperature doubles the logits
        ways |= {"top-k 3": own * (np.arange(5) < 3), "top-p 0.8": own * (own.cumsum() - own < 0.8)}
        for axes, (way, kept) in zip(line_of_panels, ways.items(), strict=True):
            axes.barh(list(letters), kept / kept.sum(), color=BLUE)
            axes.barh(list(letters), own, color="none", edgecolor=GREY, linestyle=":", linewidth=1.5)
            for place in np.flatnonzero(kept == 0):
                axes.text(own[place] + 0.04, place, "×", color=ORANGE, va="center", weight="bold")
            axes.set(xlim=(0, 1.03), xticks=[0, 0.5, 1], xticklabels=["0", ".5", "1"], title=way)
            axes.invert_yaxis()
            axes.tick_params(labelsize=15)
    for axes, name in zip(panels[:, 0], ('after "the "', 'after "quee"'), strict=True):
        axes.set_ylabel(name, size=15)
    for axes in panels[1]:
        axes.set_title("")
    figure.supxlabel("probability of the next character", size=15)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)


def encoder_decoder(figure: Figure) -> None:
    """Show an encoder that reads a sum, a decoder that writes the answer, and what attention would add, dashed."""
    axes, places = paper(figure, 4.4), [0.75 + 1.2 * step for step in range(8)]
    for step, source in enumerate("57+8"):
        line(axes, (places[step], 0.85), (places[step], 1.65))
        line(axes, (places[step], 1.9), (places[step + 1 + (step == 3)] - 0.46, 1.9))
        line(axes, (places[step], 2.15), (places[4], 3.55), arrow=False, color=ORANGE, linestyle="--")
        box(axes, places[step], 0.6, source, INPUT, width=0.9, height=0.5)
        box(axes, places[step], 1.9, "encoder", STATE, width=0.98, height=0.5)
    note(axes, places[4], 2.1, "last h and c")
    line(axes, (places[4], 3.8), (places[5] - 0.46, 3.8), color=ORANGE, linestyle="--")
    box(axes, places[4], 3.8, "context", "white", width=1.05, height=0.5)
    for place, before, after in zip(places[5:], ["start", "6", "5"], ["6", "5", "end"], strict=True):
        line(axes, (place, 0.85), (place, 1.65))
        line(axes, (place, 2.15), (place, 3.54))
        box(axes, place, 0.6, before, INPUT, width=0.9, height=0.5)
        box(axes, place, 1.9, "decoder", STATE, width=0.98, height=0.5)
        box(axes, place, 3.8, after, OUTPUT, width=0.9, height=0.5)
    for place in places[5:7]:
        line(axes, (place, 1.9), (place + 0.73, 1.9))


def attention(figure: Figure) -> None:
    """Show a query compared with one key per source character, the weights, and the mean of the outputs."""
    axes, scores = paper(figure, 6.7), np.array([2.0, 0.9, -0.6, 1.4, -1e9])
    weights, places = np.exp(scores) / np.exp(scores).sum(), 2.15 + 1.15 * np.arange(5)
    rows = {"source": 0.45, "encoder's\noutputs": 1.3, "keys": 2.15, "scores": 3.2, "weights": 4.5, "context": 5.45}
    for name, y in rows.items():
        note(axes, 0.15, y, name, ha="left")
    for step, (place, character) in enumerate(zip(places, ["5", "7", "+", "8", "PAD"], strict=True)):
        line(axes, (place, 0.45), (place, 1.05))
        line(axes, (place, 1.3), (place, 1.9))
        line(axes, (place, 2.15), (place, 2.95))
        line(axes, (place, 3.2), (place, 4.25))
        line(axes, (place, 4.5), (place, 5.2))
        score = f"{scores[step]:.1f}".replace("-", "−") if step < 4 else "−1e9"
        texts = (character, f"$h_{step + 1}$", f"$k_{step + 1}$", score, f"{weights[step]:.2f}")
        colors = (INPUT if step < 4 else PADDING, STATE, "white", "white", "white")
        for y, text, color in zip(rows.values(), texts, colors, strict=False):
            box(axes, place, y, text, color, width=0.8, height=0.5)
    line(axes, (8.2, 2.15), (8.2, 2.62), (places[0], 2.62), arrow=False, color=ORANGE)
    note(axes, 8.2, 3.2, "$v \\cdot \\tanh(q + k)$")
    line(axes, (8.2, 1.3), (8.2, 1.9))
    line(axes, (9.3, 1.3), (9.3, 5.17))
    line(axes, (4.5, 5.45), (7.9, 5.45))
    line(axes, (8.75, 5.45), (8.75, 5.98))
    box(axes, 4.45, 3.83, "softmax", "white", width=5.4, height=0.36)
    mean = " + ".join(f"{weight:.2f} $h_{step}$" for step, weight in enumerate(weights, start=1))
    box(axes, 4.45, 5.45, mean, STATE, width=5.9, height=0.5)
    box(axes, 8.75, 1.3, "decoder's $h$", STATE, width=1.9, height=0.5)
    box(axes, 8.2, 2.15, "$q$", "white", width=0.8, height=0.5)
    box(axes, 8.75, 5.45, "output layer", "white", width=1.7, height=0.56)
    box(axes, 8.75, 6.25, "6", OUTPUT, width=0.8, height=0.5)


def paper(figure: Figure, height: float) -> Axes:
    """Return axes that fill a figure, with inches as units and nothing drawn around them."""
    figure.set_size_inches(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    return axes


def row(axes: Axes, x: float, y: float, texts: str | tuple[str, ...], color: str, width: float) -> None:
    """Draw boxes side by side, the first around ``(x, y)``."""
    for place, text in enumerate(texts):
        box(axes, x + width * place, y, VISIBLE.get(text, text), color, width=width, height=0.5)


def note(axes: Axes, x: float, y: float, text: str, ha: str = "center", **style: object) -> None:
    """Write a text at a point."""
    axes.text(x, y, text, ha=ha, va="center", **style)


def line(axes: Axes, *points: tuple[float, float], arrow: bool = True, **style: object) -> None:
    """Draw a line through points, behind all boxes, with an arrow at its end."""
    look = {"color": GREY, "linewidth": 1.6, "zorder": 0.5} | style
    axes.plot(*zip(*points[: -1 if arrow else None], strict=True), **look)
    if arrow:
        axes.annotate("", points[-1], points[-2], arrowprops=ARROW, zorder=0.5)


PICTURES = (
    tokenizer, look_up, simple_rnn_cell, convolution_windows, receptive_field, bidirectional, stacked,
    contiguous_batches, sampling_filters, encoder_decoder, attention,
)  # fmt: skip


def main(folder: Path = FOLDER) -> None:
    """Write every picture whole or not at all; the same machine writes the same bytes again."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".half-") as half:
        for draw in PICTURES:
            with matplotlib.style.context([STYLE, LOOK]):
                canvas = FigureCanvasAgg(Figure(dpi=110))
                draw(canvas.figure)
                canvas.draw()
            picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
            path = Path(half) / f"{draw.__name__}.png"
            picture.quantize(128, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)  # a third of the bytes
            path.replace(folder / path.name)
            print(f"{path.name}: {(folder / path.name).stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()

"""The playground "tokenizer": the three tokenizers of lesson 01, learned on the sample reviews, for the browser.

Run `python -m tools.playgrounds.tokenizer FOLDER` to write the page's files into a folder.
"""

import json
import sys
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tokenizers import Tokenizer

from course_utils import text
from course_utils.plots.canvas import OUTPUT, PADDING, STATE, VISIBLE, box

REVIEWS = Path(__file__).resolve().parents[2] / "data" / "reviews.jsonl"
MERGES = 1_000
VOCABULARY = 258 + MERGES  # two special tokens and 256 bytes come first
SENTENCE = "An overhyped film."


def make() -> dict[str, Tokenizer | text.CharCodec]:
    """Learn words, characters and byte pairs from the training part of the sample reviews.

    Returns
    -------
    dict of str to tokenizer
        ``"words"``, ``"characters"`` and ``"pairs"``, as lesson 01 makes them.
    """
    rows = map(json.loads, REVIEWS.read_text(encoding="utf-8").splitlines())
    reviews = [row["text"] for row in rows if row["split"] == "train"]
    return {
        "words": text.word_tokenizer(reviews, VOCABULARY),
        "characters": text.CharCodec(reviews, pad=True, unk=True),
        "pairs": text.bpe_tokenizer(reviews, VOCABULARY),
    }


def to_data(made: dict[str, Tokenizer | text.CharCodec]) -> dict:
    """Return what the page needs: the tokens of each vocabulary by id, the merges by rank, and two patterns."""
    tokens = {name: sorted(made[name].get_vocab(), key=made[name].token_to_id) for name in ("words", "pairs")}
    merges = json.loads(made["pairs"].to_str())["model"]["merges"]
    return {
        **tokens,
        "characters": made["characters"].tokens,
        "merges": [" ".join(pair) for pair in merges],
        "tag": text.TAG,
        "word": text.WORD,
    }


def draw(made: dict[str, Tokenizer | text.CharCodec]) -> Figure:
    """Draw one sentence as words, byte pairs and characters, each token above its id."""
    figure = Figure(figsize=(9.6, 4.6), dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-3.2, len(SENTENCE) + 0.2), ylim=(0.3, 7.1))
    axes.set_axis_off()
    codes = [int(index) for index in made["characters"].encode(SENTENCE)]
    cuts = {name: made[name].encode(SENTENCE) for name in ("words", "pairs")}
    rows = {
        "words": (5.7, zip(cuts["words"].tokens, cuts["words"].ids, cuts["words"].offsets, strict=True)),
        "byte pairs": (3.4, zip(cuts["pairs"].tokens, cuts["pairs"].ids, cuts["pairs"].offsets, strict=True)),
        "characters": (1.1, [(SENTENCE[i], code, (i, i + 1)) for i, code in enumerate(codes)]),
    }
    for name, (y, tokens) in rows.items():
        axes.text(-3.1, y + 0.35, name, va="center", weight="bold")
        axes.text(-0.15, y + 0.75, "token", ha="right", va="center")
        axes.text(-0.15, y, "id", ha="right", va="center")
        for token, index, (start, end) in tokens:
            place = {"width": end - start - 0.1, "height": 0.72}
            box(axes, (start + end) / 2, y + 0.75, VISIBLE.get(token, token), STATE, **place)
            box(axes, (start + end) / 2, y, str(index), OUTPUT if token != text.UNK else PADDING, **place)
    return figure


def write(folder: Path) -> None:
    """Write ``tokenizer-data.js`` and ``tokenizer.png`` into a folder.

    Parameters
    ----------
    folder : Path
    """
    made = make()
    data = json.dumps(to_data(made), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer-data.js").write_text(f"window.COURSE_TOKENIZER = {data};\n", encoding="utf-8")
    with matplotlib.style.context({"font.size": 12}):
        draw(made).savefig(folder / "tokenizer.png", metadata={"Software": None})


if __name__ == "__main__":
    write(Path(sys.argv[1]))

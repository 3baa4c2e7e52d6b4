"""Figures: what is drawn, its alternative text, the note about samples, and that none stays open."""

import itertools

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.container import ErrorbarContainer
from nbclient import NotebookClient

from course_utils import plots
from course_utils.corpora import Provenance
from course_utils.plots import canvas

SAMPLE = Provenance("imdb", "sample", "0" * 64, "8 reviews")
REAL = Provenance("imdb", "cache", "0" * 64, "50,000 reviews")
TABLE = pd.DataFrame(
    {
        "model": ["small"] * 4 + ["large"] * 4,
        "seed": [0, 0, 1, 1] * 2,
        "epoch": [1, 2] * 4,
        "accuracy": [0.5, 0.7, 0.6, 0.9, 0.1, 0.2, 0.3, 0.4],
        "val_accuracy": [0.4, 0.6, 0.4, 0.5, 0.1, 0.1, 0.1, 0.1],
    }
)
RUNS = pd.DataFrame({"model": ["GRU", "GRU", "LSTM"], "test": [0.25, 0.75, 0.5], "seconds": [1.0, 2.0, None]})
ALT = "What it shows."
XY = {"xlabel": "x", "ylabel": "y"}
CALLS = {
    "histogram": (([1, 2, 2, 3],), XY),
    "lines": (({"a": ([1, 2], [3, 4])},), XY),
    "bars": (({"a": 1.0, "b": 2.0},), {"xlabel": "x"}),
    "learning_curves": ((TABLE,), {"metric": "accuracy", "ylabel": "y"}),
    "strip_plot": ((RUNS, {"test": "test accuracy"}), {}),
    "word_map": (([[0, 0], [1, 2]], ["bad", "good"], [-1, 3]), XY),
    "token_grid": (({"left": ["[PAD]", "good"], "right": ["fun"]},), {}),
    "attributions": (({"GRU": (["not", "bad"], [0.5, -0.25]), "bag": (["bad"], [-0.5])},), {"legend": "change"}),
    "colored_text": (("to\nbe", [0, 1, 0, -1, 0.5]), {}),
    "attention": (([([[1, 0], [0, 1]], "a ", "AB")],), {}),
    "unrolled": (({"one to one": ([1], [1])},), {}),
}
FROM_DATA = [name for name in CALLS if name != "unrolled"]  # a diagram shows no data


def draw(name, *args, **options):
    """Draw one kind of figure, with the arguments above where none are given."""
    given, more = CALLS[name]
    return getattr(plots, name)(*(args or given), **{"title": "A title", "alt": ALT, **more, **options})


@pytest.fixture
def shown(monkeypatch):
    """The figures handed to the notebook, each with its metadata."""
    found = []
    monkeypatch.setattr(canvas, "display", lambda figure, metadata: found.append((figure, metadata)))
    plt.close("all")
    yield found
    plt.close("all")


def axes_of(shown):
    (figure, _), *others = shown
    assert not others, "expected one figure"
    return figure.axes


@pytest.mark.parametrize("name", CALLS)
def test_every_figure_has_text_title_and_is_closed(shown, name):
    assert draw(name) is None
    ((figure, metadata),) = shown
    assert metadata == {"image/png": {"alt": ALT}}
    assert figure.get_suptitle() == "A title"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", FROM_DATA)
def test_the_title_names_a_sample_and_nothing_else(shown, name):
    draw(name, data=SAMPLE)
    draw(name, data=REAL)
    titles = [figure.get_suptitle() for figure, _ in shown]
    assert SAMPLE.title_note and "sample" in SAMPLE.title_note
    assert titles == [f"A title ({SAMPLE.title_note})", "A title"]


@pytest.mark.parametrize("alt", ["", None])
@pytest.mark.parametrize("name", CALLS)
def test_a_figure_without_alternative_text_is_refused(shown, name, alt):
    with pytest.raises(ValueError, match="alt is empty; expected one sentence that says what the figure shows"):
        draw(name, alt=alt)
    assert shown == [] and plt.get_fignums() == []


WRONG = {
    "histogram of nothing": ("histogram", [[]], {}, "the histogram has 0 values; expected as many of each, at least"),
    "histogram of None": ("histogram", [None], {}, ""),
    "negative bins": ("histogram", [], {"bins": -1}, ""),
    "unlike lengths": ("lines", [{"a": ([1], [1, 2])}], {}, "curve 'a' has 1 xs, 2 ys; expected as many of each"),
    "three sequences": ("lines", [{"a": ([1], [1], [1])}], {}, ""),
    "no curves": ("lines", [None], {}, ""),
    "text as height": ("bars", [{"a": "high"}], {}, ""),
    "a spread missing": ("bars", [{"a": 1, "b": 2}], {"spread": {"a": 1}}, ""),
    "bad format": ("bars", [], {"fmt": "{:.2q}"}, ""),
    "no such metric": ("learning_curves", [], {"metric": "loss"}, "'loss', 'val_loss'.* not in index"),
    "empty table": ("learning_curves", [TABLE[:0]], {}, ""),
    "no such column": ("strip_plot", [RUNS, {"loss": "loss"}], {}, "Columns not found: 'loss'"),
    "three dimensions": ("word_map", [[[0, 0, 0]], ["a"], [1]], {}, ""),
    "words missing": ("word_map", [[[0, 0]], [], [1]], {}, "has 1 points, 0 words, 1 values; expected as many of each"),
    "no rows of tokens": ("token_grid", [{}], {}, ""),
    "a value missing": ("attributions", [{"GRU": (["a"], [])}], {}, "'GRU' has 1 words, 0 values; expected as many"),
    "no words": ("attributions", [{"GRU": ([], [])}], {}, "'GRU' has 0 words, 0 values; expected .* at least one"),
    "values missing": ("colored_text", ["abc", [1.0]], {}, "the text has 3 characters, 1 values; expected as many"),
    "weights missing": (
        "attention",
        [[([[1, 0]], "ab", "A")] * 2 + [([[1, 0]], "ab", "AB")]],
        {},
        r"of shape \(1, 2\)",
    ),
    "steps missing": ("unrolled", [{"one": ([1], [1, 0])}], {}, "'one' has 1 inputs, 2 outputs; expected as many"),
}


@pytest.mark.parametrize("what", WRONG)
def test_no_figure_stays_open_after_an_error_that_says_what_is_wrong(shown, what):
    name, args, options, message = WRONG[what]
    with pytest.raises(
        KeyError if "no such" in what else ValueError if message else (ValueError, TypeError, AttributeError, KeyError),
        match=message or None,
    ):
        draw(name, *args, **options)
    assert shown == [] and plt.get_fignums() == []


def test_attention_have_the_source_across(shown):
    draw("attention", [([[0.9, 0.1, 0], [0, 0, 1]], "a b", "AB")])
    axes, bar = axes_of(shown)
    assert bar.get_ylabel() == "weight"
    assert np.allclose(axes.images[0].get_array(), [[0.9, 0.1, 0], [0, 0, 1]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "␣", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B"]


def test_unrolled_draw_each_input_state_and_output_once(shown):
    problems = {"many to one": ([1, 1, 1], [0, 0, 1]), "one to many": ([1, 0], [1, 1])}
    draw("unrolled", problems)
    first, second = axes_of(shown)
    assert sorted(each.get_text() for each in first.texts if each.get_text()) == sorted(
        ["$x_1$", "$x_2$", "$x_3$", "$h_1$", "$h_2$", "$h_3$", "$y_3$"]
    )
    assert len(second.patches) == 2 + 3  # states, then one input and two outputs
    kinds = {"x": canvas.INPUT, "h": canvas.STATE, "y": canvas.OUTPUT}
    for axes in (first, second):
        letters = [each.get_text()[1] for each in axes.texts if each.get_text()]
        colors = [patch.get_facecolor() for patch in axes.patches if isinstance(patch, plt.Rectangle)]
        assert colors == [(*to_rgb(kinds[letter]), 1.0) for letter in letters]


def test_the_strip_plot_shows_every_seed_the_mean_and_the_line_to_beat(shown):
    columns = {"test": "test accuracy", "seconds": "seconds per epoch"}
    draw("strip_plot", RUNS, columns, marks={"bag": 0.9})
    first, second = axes_of(shown)
    runs, means, mark = first.lines
    assert list(runs.get_xdata()) == [0.25, 0.75, 0.5] and list(runs.get_ydata(orig=False)) == [0, 0, 1]
    assert list(means.get_xdata()) == [0.5, 0.5] and list(means.get_ydata(orig=False)) == [0, 1]
    assert set(mark.get_xdata()) == {0.9}
    assert [label.get_text() for label in first.get_yticklabels()] == ["GRU", "LSTM"]
    assert "bag" in [each.get_text().strip() for each in first.texts]
    assert second.get_xlabel() == "seconds per epoch" and len(second.lines) == 2
    assert np.isnan(second.lines[1].get_xdata()).tolist() == [False, True]  # nothing is known of the LSTM


def test_attributions_color_up_blue_and_down_orange(shown):
    draw("attributions")
    axes, _ = axes_of(shown)
    up, down, lowest = (patch.get_facecolor() for patch in axes.patches)
    assert up[2] > up[0] and down[0] > down[2] and lowest[0] - lowest[2] > down[0] - down[2]
    assert [each.get_text() for each in axes.texts] == ["not", "bad", "bad"]


def test_colored_text_puts_each_value_under_its_character(shown):
    draw("colored_text", "ab\ncdef", [1, 2, 3, 4, 5, 6, 7], columns=3)
    axes = axes_of(shown)[0]
    nothing = np.nan
    expected = [[1, 2, 3], [4, 5, 6], [7, nothing, nothing]]
    assert np.array_equal(np.ma.filled(axes.images[0].get_array(), nothing), expected, equal_nan=True)
    placed = {text.get_position(): text.get_text() for text in axes.texts}
    assert placed == {(0, 0): "a", (1, 0): "b", (2, 0): "↵", (0, 1): "c", (1, 1): "d", (2, 1): "e", (0, 2): "f"}


def test_histogram_counts_as_numpy_does(shown):
    values = np.random.default_rng(1).normal(size=200)
    draw("histogram", values, xlabel="tokens", ylabel="reviews", bins=7, marks={"mean": 0.1, "longest": 2.0})
    (axes,) = axes_of(shown)
    assert [bar.get_height() for bar in axes.patches] == np.histogram(values, 7)[0].tolist()
    assert [line.get_xdata()[0] for line in axes.lines] == [0.1, 2.0]
    assert [entry.get_text() for entry in axes.get_legend().get_texts()] == ["mean", "longest"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tokens", "reviews")


def test_lines_are_the_curves(shown):
    curves = {"squares": ([1, 2, 3], [1, 4, 9]), "cubes": (np.array([1, 2]), np.array([1, 8]))}
    draw("lines", curves, xlabel="n", ylabel="power", log=True)
    (axes,) = axes_of(shown)
    for line, (xs, ys) in zip(axes.lines, curves.values(), strict=True):
        assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == (list(xs), list(ys))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == 2


def test_bars_and_what_is_written_on_them(shown):
    draw("bars", {"words": 0.5, "bytes": 1.25}, xlabel="MB", spread={"words": 0.1, "bytes": 0.2}, fmt="{:.2f}")
    (axes,) = axes_of(shown)
    assert [bar.get_width() for bar in axes.patches] == [0.5, 1.25]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["words", "bytes"]
    assert [each.get_text() for each in axes.texts] == ["0.50 ± 0.10", "1.25 ± 0.20"]
    (whiskers,) = next(each for each in axes.containers if isinstance(each, ErrorbarContainer))[2]
    ends = [segment[:, 0].tolist() for segment in whiskers.get_segments()]
    assert np.allclose(ends, [[0.4, 0.6], [1.05, 1.45]])


def test_learning_curves_show_every_seed_and_the_mean(shown):
    draw("learning_curves", TABLE, metric="accuracy", ylabel="accuracy")
    small, large = axes_of(shown)
    assert [small.get_title(), large.get_title()] == ["small (seeds: 2)", "large (seeds: 2)"]
    one, other, training, *_, validation = small.lines
    assert [one.get_ydata().tolist(), other.get_ydata().tolist()] in (
        [[0.5, 0.7], [0.6, 0.9]],
        [[0.6, 0.9], [0.5, 0.7]],
    )
    assert training.get_xdata().tolist() == [1, 2]
    assert np.allclose(training.get_ydata(), [0.55, 0.8])
    assert np.allclose(validation.get_ydata(), [0.4, 0.55])
    assert training.get_linewidth() > one.get_linewidth()
    assert small.get_ylim() == large.get_ylim()


def test_the_mean_ends_where_the_first_seed_stops(shown):
    stopped = TABLE[~((TABLE["model"] == "small") & (TABLE["seed"] == TABLE["seed"].max()) & (TABLE["epoch"] == 2))]
    draw("learning_curves", stopped, metric="accuracy", ylabel="accuracy")
    *_, validation = axes_of(shown)[0].lines
    assert validation.get_xdata().tolist() == [1]


def test_one_seed_is_not_called_seeds(shown):
    draw("learning_curves", TABLE[TABLE["seed"] == 1])
    assert axes_of(shown)[0].get_title() == "small (seeds: 1)"


def test_token_grid_shows_each_token_at_its_step(shown):
    draw("token_grid", {"left": ["[PAD]", "good", "film"], "right": ["fun", "", "0"]})
    (axes,) = axes_of(shown)
    places = {(text.get_position(), text.get_text()) for text in axes.texts}
    expected = {(1, 0, "PAD"), (2, 0, "good"), (3, 0, "film"), (1, 1, "fun"), (2, 1, "PAD"), (3, 1, "0")}
    assert places == {((step, row), token) for step, row, token in expected}
    colors = [patch.get_facecolor() for patch in axes.patches]
    padding, token = (*to_rgb(canvas.PADDING), 1.0), (*to_rgb(canvas.INPUT), 1.0)
    assert colors == [padding, token, token, token, padding, token], "the digit 0 is a token, padding is not"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]


def test_no_name_on_the_word_map_covers_another(shown):
    names = [f"adjective {number}" for number in range(4)]
    points = [[0, 0], [10, 10], *[[5, 5]] * 4]
    draw("word_map", points, ["a", "b", *names], range(6), named=names)
    axes = axes_of(shown)[0]
    places = [label.get_window_extent() for label in axes.texts]
    assert sorted(label.get_text() for label in axes.texts) == names
    assert [place.count_overlaps(places) for place in places] == [1] * 4  # each covers only itself


def test_word_map_places_colors_and_names(shown):
    points = [[0, 0], [1, 2], [3, 4]]
    names = {"xlabel": "1st", "ylabel": "2nd", "legend": "leaning"}
    draw("word_map", points, ["bad", "the", "good"], [-1, 0, 3], named=["good"], **names)
    axes, bar = axes_of(shown)
    dots = axes.collections[0]
    assert dots.get_offsets().tolist() == points
    assert dots.get_clim() == (-3, 3)
    assert [text.get_text() for text in axes.texts] == ["good"]
    assert bar.get_ylabel() == "leaning"


def test_colors_are_distinct_even_to_color_blind_eyes():
    assert len(set(canvas.COLORS)) == len(canvas.COLORS)
    kinds = (canvas.INPUT, canvas.STATE, canvas.OUTPUT, canvas.PADDING)
    # Viénot, Brettel and Mollon (1999): what a reader without red, or without green, receptors sees.
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    blind = {
        "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
        "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
    }
    for change, colors in itertools.product(blind.values(), (canvas.COLORS[:4], kinds)):
        seen = [np.linalg.inv(to_lms) @ change @ to_lms @ np.array(to_rgb(color)) ** 2.2 for color in colors]
        seen = [np.clip(color, 0, 1) ** (1 / 2.2) for color in seen]
        for one, other in itertools.combinations(seen, 2):
            assert np.linalg.norm(one - other) > 0.1
    for color in kinds:  # black text on it: W3C's contrast, AAA level
        luminance = np.array(to_rgb(color)) ** 2.2 @ [0.2126, 0.7152, 0.0722]
        assert (luminance + 0.05) / 0.05 > 7


def test_a_notebook_holds_the_picture_and_its_text():
    cell = (
        "from course_utils import plots\n"
        "plots.bars({'a': 1}, title='T', xlabel='n', alt='One bar.')\n"
        "import matplotlib.pyplot as plt\nplt.get_fignums()"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    pictures = [out for out in notebook.cells[0].outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == 1, "shown once, not again at the end of the cell"
    assert pictures[0]["metadata"]["image/png"]["alt"] == "One bar."
    assert notebook.cells[0].outputs[-1]["data"]["text/plain"] == "[]"

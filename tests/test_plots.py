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

from course_utils import comparison_plots, inside_plots, plots, translation_plots
from course_utils.datasets import Provenance

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
LABELS = {"title": "A title", "alt": "What it shows."}
DRAW = {
    "histogram": lambda **more: plots.histogram([1, 2, 2, 3], **{**LABELS, "x": "x", "y": "y", **more}),
    "lines": lambda **more: plots.lines({"a": ([1, 2], [3, 4])}, **{**LABELS, "x": "x", "y": "y", **more}),
    "bars": lambda **more: plots.bars({"a": 1.0, "b": 2.0}, **{**LABELS, "y": "y", **more}),
    "learning_curves": lambda **more: plots.learning_curves(
        TABLE, **{**LABELS, "metric": "accuracy", "y": "y", **more}
    ),
    "token_grid": lambda **more: plots.token_grid({"left": ["[PAD]", "good"], "right": ["fun"]}, **{**LABELS, **more}),
    "word_map": lambda **more: plots.word_map(
        [[0, 0], [1, 2]], ["bad", "good"], [-1, 3], **{**LABELS, "x": "x", "y": "y", **more}
    ),
    "distributions": lambda **more: inside_plots.distributions(
        {"cold": [0.1, 0.9], "warm": [0.4, 0.6]}, ["a", "\n"], **{**LABELS, **more}
    ),
    "alignments": lambda **more: translation_plots.alignments([([[1, 0], [0, 1]], "a ", "AB")], **{**LABELS, **more}),
    "contest": lambda **more: comparison_plots.contest(RUNS, {"test": "test accuracy"}, **{**LABELS, **more}),
    "moved_words": lambda **more: comparison_plots.moved_words(
        {"GRU": (["not", "bad"], [0.5, -0.25]), "bag": (["bad"], [-0.5])}, **{**LABELS, "legend": "change", **more}
    ),
    "colored_text": lambda **more: inside_plots.colored_text("to\nbe", [0, 1, 0, -1, 0.5], **{**LABELS, **more}),
}


@pytest.fixture
def shown(monkeypatch):
    """The figures handed to the notebook, each with its metadata."""
    found = []
    monkeypatch.setattr(plots, "display", lambda figure, metadata: found.append((figure, metadata)))
    plt.close("all")
    yield found
    plt.close("all")


def axes_of(shown):
    (figure, _), *others = shown
    assert not others, "expected one figure"
    return figure.axes


@pytest.mark.parametrize("name", DRAW)
def test_every_figure_has_text_title_and_is_closed(shown, name):
    assert DRAW[name]() is None
    ((figure, metadata),) = shown
    assert metadata == {"image/png": {"alt": "What it shows."}}
    assert figure.get_suptitle() == "A title"
    assert plt.get_fignums() == []


@pytest.mark.parametrize("name", DRAW)
def test_the_title_names_a_sample_and_nothing_else(shown, name):
    DRAW[name](data=SAMPLE)
    DRAW[name](data=REAL)
    titles = [figure.get_suptitle() for figure, _ in shown]
    assert SAMPLE.title_note and "sample" in SAMPLE.title_note
    assert titles == [f"A title ({SAMPLE.title_note})", "A title"]


@pytest.mark.parametrize("alt", ["", None])
@pytest.mark.parametrize("name", DRAW)
def test_a_figure_without_alternative_text_is_refused(shown, name, alt):
    with pytest.raises(ValueError, match="alt is empty; expected one sentence that says what the figure shows"):
        DRAW[name](alt=alt)
    assert shown == []
    assert plt.get_fignums() == []


WRONG = {
    "histogram of nothing": lambda: plots.histogram([], **LABELS, x="x", y="y"),
    "histogram of None": lambda: plots.histogram(None, **LABELS, x="x", y="y"),
    "negative bins": lambda: DRAW["histogram"](bins=-1),
    "unlike lengths": lambda: plots.lines({"a": ([1], [1, 2])}, **LABELS, x="x", y="y"),
    "three sequences": lambda: plots.lines({"a": ([1], [1], [1])}, **LABELS, x="x", y="y"),
    "no curves": lambda: plots.lines(None, **LABELS, x="x", y="y"),
    "text as height": lambda: plots.bars({"a": "high"}, **LABELS, y="y"),
    "bad form": lambda: DRAW["bars"](form="{:.2q}"),
    "no such metric": lambda: DRAW["learning_curves"](metric="loss"),
    "empty table": lambda: plots.learning_curves(TABLE[:0], metric="accuracy", **LABELS, y="y"),
    "no rows of tokens": lambda: plots.token_grid({}, **LABELS),
    "three dimensions": lambda: plots.word_map([[0, 0, 0]], ["a"], [1], **LABELS, x="x", y="y"),
    "a probability missing": lambda: inside_plots.distributions({"cold": [1.0]}, ["a", "b"], **LABELS),
    "weights missing": lambda: translation_plots.alignments([([[1, 0]], "ab", "AB")], **LABELS),
    "values missing": lambda: inside_plots.colored_text("abc", [1.0], **LABELS),
    "no such column": lambda: comparison_plots.contest(RUNS, {"loss": "loss"}, **LABELS),
    "steps missing": lambda: comparison_plots.problem_shapes({"one": ([1], [1, 0])}, **LABELS),
    "a value missing": lambda: comparison_plots.moved_words({"GRU": (["a"], [])}, **LABELS, legend="change"),
    "no words": lambda: comparison_plots.moved_words({"GRU": ([], [])}, **LABELS, legend="change"),
    "words missing": lambda: plots.word_map([[0, 0]], [], [1], **LABELS, x="x", y="y"),
}


@pytest.mark.parametrize("what", WRONG)
def test_no_figure_stays_open_after_an_error(shown, what):
    with pytest.raises((ValueError, TypeError, AttributeError, KeyError)):
        WRONG[what]()
    assert shown == []
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("histogram of nothing", "values is empty; expected at least one number"),
        ("unlike lengths", "curve 'a' has 1 x values and 2 y values; expected as many of each"),
        ("no such metric", "the table has no column 'loss'; it has model, seed, epoch, accuracy, val_accuracy"),
        ("a probability missing", "'cold' has 1 probabilities and there are 2 names; expected one each"),
        ("weights missing", r"weights of shape \(1, 2\) for 'ab' and 'AB'; expected \(2, 2\)"),
        ("values missing", "the text has 3 characters and there are 1 values; expected one each"),
        ("no such column", "the table has no column 'loss'; it has model, test, seconds"),
        ("steps missing", "'one' has 1 input steps and 2 output steps; expected as many"),
        ("a value missing", "'GRU' has 1 words and 0 values; expected one value a word"),
        ("no words", "'GRU' has 0 words and 0 values; expected one value a word"),
        ("words missing", "got 1 points, 0 words, 1 values; expected as many of each"),
    ],
)
def test_messages(shown, what, message):
    with pytest.raises(ValueError, match=message):
        WRONG[what]()


def test_distributions_share_one_order(shown):
    rows = {"first": [0.2, 0.7, 0.1], "last": [0.5, 0.2, 0.3]}
    inside_plots.distributions(rows, ["a", "b", "\n"], **LABELS, most=2)
    first, last = axes_of(shown)
    assert [label.get_text() for label in first.get_yticklabels()] == ["a", "↵"], "the likeliest of the last row"
    assert np.allclose([bar.get_width() for bar in first.patches], [0.2, 0.1])
    assert np.allclose([bar.get_width() for bar in last.patches], [0.5, 0.3])


def test_alignments_have_the_source_across(shown):
    translation_plots.alignments([([[0.9, 0.1, 0], [0, 0, 1]], "a b", "AB")], **LABELS)
    (axes,) = axes_of(shown)
    assert np.allclose(axes.images[0].get_array(), [[0.9, 0.1, 0], [0, 0, 1]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "␣", "b"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B"]


def test_problem_shapes_draw_each_input_state_and_output_once(shown):
    problems = {"many to one": ([1, 1, 1], [0, 0, 1]), "one to many": ([1, 0], [1, 1])}
    comparison_plots.problem_shapes(problems, **LABELS)
    first, second = axes_of(shown)
    assert sorted(each.get_text() for each in first.texts if each.get_text()) == sorted(
        ["$x_1$", "$x_2$", "$x_3$", "$h_1$", "$h_2$", "$h_3$", "$y_3$"]
    )
    assert len(second.patches) == 2 + 3  # states, then one input and two outputs


def test_the_contest_shows_every_seed_the_mean_and_the_line_to_beat(shown):
    columns = {"test": "test accuracy", "seconds": "seconds an epoch"}
    comparison_plots.contest(RUNS, columns, **LABELS, marks={"bag": 0.9})
    first, second = axes_of(shown)
    gru, gru_mean, lstm, lstm_mean, mark = first.lines
    assert list(gru.get_xdata()) == [0.25, 0.75] and list(gru.get_ydata()) == [0, 0]
    assert set(gru_mean.get_xdata()) == {0.5} and set(lstm_mean.get_xdata()) == {0.5}
    assert list(lstm.get_ydata()) == [1] and set(mark.get_xdata()) == {0.9}
    assert [label.get_text() for label in first.get_yticklabels()] == ["GRU", "LSTM"]
    assert "bag" in [each.get_text() for each in first.texts]
    assert second.get_xlabel() == "seconds an epoch" and len(second.lines) == 3  # of the LSTM nothing is known


def test_moved_words_color_up_blue_and_down_orange(shown):
    DRAW["moved_words"]()
    axes, _ = axes_of(shown)
    up, down, lowest = (patch.get_facecolor() for patch in axes.patches)
    assert up[2] > up[0] and down[0] > down[2] and lowest[0] - lowest[2] > down[0] - down[2]
    assert [each.get_text() for each in axes.texts] == ["not", "bad", "bad"]


def test_colored_text_puts_each_value_under_its_character(shown):
    inside_plots.colored_text("ab\ncdef", [1, 2, 3, 4, 5, 6, 7], **LABELS, columns=3)
    axes = axes_of(shown)[0]
    nothing = np.nan
    expected = [[1, 2, 3], [4, 5, 6], [7, nothing, nothing]]
    assert np.array_equal(np.ma.filled(axes.images[0].get_array(), nothing), expected, equal_nan=True)
    placed = {text.get_position(): text.get_text() for text in axes.texts}
    assert placed == {(0, 0): "a", (1, 0): "b", (2, 0): "↵", (0, 1): "c", (1, 1): "d", (2, 1): "e", (0, 2): "f"}


def test_histogram_counts_as_numpy_does(shown):
    values = np.random.default_rng(1).normal(size=200)
    plots.histogram(values, **LABELS, x="tokens", y="reviews", bins=7, marks={"mean": 0.1, "longest": 2.0})
    (axes,) = axes_of(shown)
    assert [bar.get_height() for bar in axes.patches] == np.histogram(values, 7)[0].tolist()
    assert [line.get_xdata()[0] for line in axes.lines] == [0.1, 2.0]
    assert [entry.get_text() for entry in axes.get_legend().get_texts()] == ["mean", "longest"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("tokens", "reviews")


def test_lines_are_the_curves(shown):
    curves = {"squares": ([1, 2, 3], [1, 4, 9]), "cubes": (np.array([1, 2]), np.array([1, 8]))}
    plots.lines(curves, **LABELS, x="n", y="power", log=True)
    (axes,) = axes_of(shown)
    for line, (xs, ys) in zip(axes.lines, curves.values(), strict=True):
        assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == (list(xs), list(ys))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    looks = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(looks) == 2


def test_bars_and_what_is_written_on_them(shown):
    plots.bars({"words": 0.5, "bytes": 1.25}, **LABELS, y="MB", spread={"words": 0.1, "bytes": 0.2}, form="{:.2f}")
    (axes,) = axes_of(shown)
    assert [bar.get_width() for bar in axes.patches] == [0.5, 1.25]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["words", "bytes"]
    assert [each.get_text() for each in axes.texts] == ["0.50 ± 0.10", "1.25 ± 0.20"]
    (whiskers,) = next(each for each in axes.containers if isinstance(each, ErrorbarContainer))[2]
    ends = [segment[:, 0].tolist() for segment in whiskers.get_segments()]
    assert np.allclose(ends, [[0.4, 0.6], [1.05, 1.45]])


def test_learning_curves_show_every_seed_and_the_mean(shown):
    plots.learning_curves(TABLE, metric="accuracy", **LABELS, y="accuracy")
    small, large = axes_of(shown)
    assert [small.get_title(), large.get_title()] == ["small (2 seeds)", "large (2 seeds)"]
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
    plots.learning_curves(stopped, metric="accuracy", **LABELS, y="accuracy")
    *_, validation = axes_of(shown)[0].lines
    assert validation.get_xdata().tolist() == [1]


def test_token_grid_shows_each_token_at_its_step(shown):
    plots.token_grid({"left": ["[PAD]", "good", "film"], "right": ["fun", "", "x"]}, **LABELS)
    (axes,) = axes_of(shown)
    places = {(text.get_position(), text.get_text()) for text in axes.texts}
    expected = {(0, 0, "0"), (1, 0, "good"), (2, 0, "film"), (0, 1, "fun"), (1, 1, "0"), (2, 1, "x")}
    assert places == {((step + 0.5, row + 0.5), token) for step, row, token in expected}
    padding = [box.get_facecolor() for box in axes.patches if box.get_x() < 1 and box.get_y() < 1]
    assert padding == [(*to_rgb("#DDDDDD"), 1.0)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]


def test_word_map_places_colors_and_names(shown):
    points = [[0, 0], [1, 2], [3, 4]]
    plots.word_map(
        points, ["bad", "the", "good"], [-1, 0, 3], **LABELS, x="1st", y="2nd", legend="leaning", named=["good"]
    )
    axes, bar = axes_of(shown)
    dots = axes.collections[0]
    assert dots.get_offsets().tolist() == points
    assert dots.get_clim() == (-3, 3)
    assert [text.get_text() for text in axes.texts] == ["good"]
    assert bar.get_ylabel() == "leaning"


def test_colors_are_distinct_also_to_color_blind_eyes():
    assert len(set(plots.COLORS)) == len(plots.COLORS)
    # Viénot, Brettel and Mollon (1999): what a reader without red, or without green, receptors sees.
    to_lms = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
    blind = {
        "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
        "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
    }
    for change in blind.values():
        seen = [np.linalg.inv(to_lms) @ change @ to_lms @ np.array(to_rgb(color)) ** 2.2 for color in plots.COLORS]
        seen = [np.clip(color, 0, 1) ** (1 / 2.2) for color in seen]
        for one, other in itertools.combinations(seen[:4], 2):
            assert np.linalg.norm(one - other) > 0.1


def test_a_notebook_holds_the_picture_and_its_text():
    cell = (
        "from course_utils import plots\n"
        "plots.bars({'a': 1}, title='T', y='n', alt='One bar.')\n"
        "import matplotlib.pyplot as plt\nplt.get_fignums()"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    pictures = [out for out in notebook.cells[0].outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == 1, "shown once, not again at the end of the cell"
    assert pictures[0]["metadata"]["image/png"]["alt"] == "One bar."
    assert notebook.cells[0].outputs[-1]["data"]["text/plain"] == "[]"

"""The playground "writer": it expects what Keras expects, filters as the library does, and needs no mouse."""

import numpy as np
import pytest
from in_a_browser import needs_browser, opened, write_page

from course_utils import sampling
from tools.playgrounds import writer

pytestmark = needs_browser

START = "First Boatman:\n"
TEXTS = [
    "\n",
    "z",
    START,
    "LADY MORWEN:\nWhat, is the wall down? And the bell, who",
    writer.PLAY.read_text("utf-8")[-900:],
]
FILTERS = [
    (1.0, 57, 1.0),
    (0.1, 57, 1.0),
    (2.0, 57, 0.9),
    (0.7, 5, 1.0),
    (1.3, 12, 0.6),
    (1.0, 1, 0.5),
    (0.5, 57, 0.05),
]


@pytest.fixture(scope="module")
def made():
    return writer.make(epochs=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, made):
    out = tmp_path_factory.mktemp("새 writer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "make", lambda: made)
        return write_page(writer, out)


@pytest.fixture(scope="module")
def page(folder):
    yield from opened(folder)


def test_files_are_small(folder):
    assert (folder / "writer-data.js").stat().st_size <= 1_500_000
    assert (folder / "writer.png").stat().st_size <= 80_000


def test_it_expects_what_keras_expects(page, made):
    differences = []
    for text in TEXTS:
        logits, (state,) = made[0].read(text)
        here = page.evaluate("text => [...course_writer.softmax(course_writer.read(text).logits)]", text)
        differences.append(np.abs(sampling.probabilities(logits) - here).max())
        differences.append(np.abs(state[0] - page.evaluate("text => [...course_writer.read(text).state]", text)).max())
    print(f"largest difference of a probability or a state: {max(differences):.1e}")
    assert max(differences) < 1e-4


def test_the_filters_are_those_of_the_library(page, made):
    rng = np.random.default_rng(0)
    rows = [made[0].read(text)[0] for text in TEXTS] + list(rng.normal(0, 3, (20, 57)).astype("float32"))
    rows += [*rng.integers(0, 4, (10, 57)).astype("float32"), np.zeros(57, "float32")]  # many equals
    ask = """([logits, settings]) => {
        const left = course_writer.filter(logits, settings);
        return [[...left], [...course_writer.softmax(left)]];
    }"""
    for logits in rows:
        for temperature, k, p in FILTERS:
            left = sampling.top_p(sampling.top_k(sampling.with_temperature(logits, temperature), k), p)
            settings = {"temperature": temperature, "k": k, "p": p}
            filtered, here = page.evaluate(ask, [logits.tolist(), settings])
            assert np.array_equal(np.isfinite(filtered), np.isfinite(left)), settings
            assert np.abs(np.array(here) - sampling.probabilities(left)).max() < 1e-5, settings


def random_numbers(seed, count):
    """mulberry32, with Python's integers."""
    found, mask = [], 2**32 - 1
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & mask
        t = ((seed ^ seed >> 15) * (seed | 1)) & mask
        t ^= (t + (t ^ t >> 7) * (t | 61)) & mask
        found.append(((t ^ t >> 14) & mask) / 2**32)
    return found


def test_it_writes_what_the_library_writes(page, made):
    write = "([k, p, seed]) => course_writer.write('First Boatman:\\n', 100, {temperature: 0.8, k, p}, seed)"
    assert page.evaluate(write, [1, 1, 7]) == made[0].generate(START, 100, greedy=True)
    drawn = "seed => { const next = course_writer.randomNumbers(seed); return [next(), next(), next()]; }"
    assert page.evaluate(drawn, 5) == random_numbers(5, 3)
    text = START
    for number in random_numbers(5, 30):
        left = sampling.top_p(sampling.with_temperature(made[0].read(text)[0], 0.8), 0.9)
        place = np.searchsorted(sampling.probabilities(left).cumsum(), number, side="right")
        text += made[0].codec.tokens[place]
    written = page.evaluate(write, [57, 0.9, 5])
    assert START + written[:30] == text
    assert page.evaluate(write, [57, 0.9, 5]) == written != page.evaluate(write, [57, 0.9, 6])


def test_it_is_fast(page):
    seconds = page.evaluate("""() => {
        const began = performance.now();
        course_writer.write("\\n", 2000, {temperature: 0.8, k: 40, p: 0.9}, 1);
        return (performance.now() - began) / 1000;
    }""")
    print(f"{2000 / seconds:,.0f} characters per second")
    assert 2000 / seconds > 50


def test_the_page_is_used_by_keyboard_and_stays_silent(page):
    press, text, status = page.keyboard.press, page.locator("#writer-text"), page.locator("#writer-status")
    assert text.text_content() == START
    page.get_by_label("Characters per second").select_option("Infinity")
    page.get_by_label("Temperature").focus()
    press("ArrowRight")
    assert page.locator("#writer-temperature-value").inner_text() == "0.75"
    press("Tab")
    press("Home")
    press("ArrowRight")  # top-k: 2
    assert "The filters leave 2 of 57 characters" in page.locator("#writer-left").inner_text()
    assert page.locator("#writer-bars .cut").count() == 10
    page.get_by_role("button", name="Write").focus()
    press("Enter")
    page.wait_for_function("document.getElementById('writer-text').textContent.length > 400")
    press("Tab")
    press("Space")
    written = text.text_content().removeprefix(START)
    assert status.inner_text() == f"Stopped after {len(written)} characters."
    again = "length => course_writer.write('First Boatman:\\n', length, {temperature: 0.75, k: 2, p: 1}, 1)"
    assert page.evaluate(again, len(written)) == written
    page.get_by_role("button", name="Start again").focus()
    press("Enter")
    assert text.text_content() == START
    page.get_by_role("button", name="One character").focus()
    press("Enter")
    press("Enter")
    assert text.text_content() == START + written[:2]
    page.get_by_label("Color by unit").focus()
    press("ArrowDown")
    assert "Unit" in page.locator("#writer-legend").inner_text()
    assert page.evaluate("document.querySelector('#writer-text span').style.background").startswith("rgb")
    page.get_by_label("Start text").fill("Zounds 7 Quays!")
    press("Tab")
    assert text.text_content() == "ounds  uays!" and status.inner_text().endswith(": Z 7 Q")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    fields = "#writer input, #writer select, #writer textarea"
    assert page.evaluate(f"[...document.querySelectorAll('{fields}')].every(field => field.labels.length)")
    assert page.trouble == []

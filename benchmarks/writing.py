"""What generating costs: the whole text for each character, the last 100 for each, or one character and the state.

The model is notebook 05's (embedding 128, GRU 512, 65 characters), with random weights: time does not depend on them.

- whole text: `model.predict` on everything written so far, for each character;
- last 100: compiled once, the last 100 characters fed for each; with and without XLA, the faster one counts;
- state: `LanguageModel.generate`.

Goals: 200 characters with the state at least 300 times faster than with the whole text and 20 times faster than with
the last 100; 10,000 characters cost about ten times 1,000 (7 to 13). The exit code says whether they are met. Both ways
of a pair continue the same prompt: 10 characters against the whole text, 100 against the last 100.
"""

import sys
import time

import numpy as np
from tabulate import tabulate

from course_utils.backends import keras
from course_utils.language_model import LanguageModel
from course_utils.text import CharCodec

layers = keras.layers
CODEC = CharCodec("\n !$&',-.3:;?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
UNITS, LENGTH, PROMPT = 512, 200, ("The king is dead, and all the town is silent. " * 3)[:100]
GOALS = {"whole text": 300, "last 100": 20}


def build(**options):
    """Return notebook 05's model for generation."""
    keras.utils.set_random_seed(0)
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((UNITS,))
    gru = layers.GRU(UNITS, return_sequences=True, return_state=True)
    hidden, last = gru(layers.Embedding(len(CODEC), 128)(ids), initial_state=state)
    model = keras.Model([ids, state], [layers.Dense(len(CODEC))(hidden), last])
    model.compile(**options)
    return model


def whole_text(model, prompt, length):
    written = CODEC.encode(prompt)[None]
    for _ in range(length):
        logits, _ = model.predict([written, np.zeros((1, UNITS), dtype="float32")], verbose=0)
        written = np.append(written, [[logits[0, -1].argmax()]], axis=1)
    return written


def last_100(model, prompt, length):
    written = CODEC.encode(prompt)[None]
    for _ in range(length):
        logits, _ = model.predict_on_batch([written[:, -100:], np.zeros((1, UNITS), dtype="float32")])
        written = np.append(written, [[logits[0, -1].argmax()]], axis=1)
    return written


def timed(function, *args, rounds=3, **options) -> float:
    """Return the median seconds of a few calls."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        function(*args, **options)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def main() -> int:
    """Time the three ways in one run and print a table; returns the exit status."""
    model = build(jit_compile=False)
    generate = LanguageModel(model, CODEC).generate
    generate(PROMPT, 1)  # compiles
    windows = []
    for jit in (False, True):
        compiled = build(jit_compile=jit)
        last_100(compiled, PROMPT, 1)
        windows.append(timed(last_100, compiled, PROMPT, LENGTH))
    naive = {"whole text": timed(whole_text, model, PROMPT[:10], LENGTH, rounds=1), "last 100": min(windows)}
    prompts = {"whole text": PROMPT[:10], "last 100": PROMPT}
    state = {way: timed(generate, prompt, LENGTH, greedy=True) for way, prompt in prompts.items()}
    ratios = {way: naive[way] / state[way] for way in GOALS}
    pages = {length: timed(generate, PROMPT, length, greedy=True) for length in (1_000, 10_000)}
    rows = [[way, f"{naive[way]:.3f}", f"{state[way]:.3f}", f"{ratio:,.0f}"] for way, ratio in ratios.items()]
    headers = [f"way, {LENGTH} characters", "seconds", "with the state", "times"]
    print(tabulate(rows, headers=headers, disable_numparse=True))
    growth = pages[10_000] / pages[1_000]
    print(f"with the state: 1,000 characters {pages[1_000]:.2f} s, 10,000 {pages[10_000]:.2f} s: {growth:.1f} times")
    print(
        "state is faster",
        ", ".join(f"{ratio:,.0f} times than {way} (goal {GOALS[way]})" for way, ratio in ratios.items()),
    )
    return int(any(ratios[way] < goal for way, goal in GOALS.items()) or not 7 <= growth <= 13)


if __name__ == "__main__":
    sys.exit(main())

"""Three small models that read a movie review in the browser: TF-IDF, averaged embeddings and a GRU."""

import base64
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from course_utils import text
from course_utils.backends import keras
from course_utils.batches import ByLength
from course_utils.corpora.readers import read_sample_reviews
from course_utils.plots.canvas import COLORS, STYLE

REVIEWS = Path(__file__).resolve().parents[2] / "data" / "reviews.jsonl"
PAIR = ("it was not boring, it was brilliant", "it was not brilliant, it was boring")
NAMES = {"bag": "TF-IDF", "average": "average", "gru": "GRU"}
WORDS, LENGTH, UNITS = 600, 50, 16  # fewer words than the reviews have, so that [UNK] is learned, too
EPOCHS, BATCH = 14, 128


@cache
def train() -> SimpleNamespace:
    """Train the three models on the sample's training reviews, the networks on the shorter ones only.

    The answer has the ``tokenizer``, ``bag`` (a scikit-learn pipeline), ``average`` and ``gru`` (Keras models of ids
    ``(texts, time)``), and the ``accuracy`` of each model on the test reviews.
    """
    (texts, labels), (test_texts, test_labels) = _reviews("train"), _reviews("test")
    models = SimpleNamespace(tokenizer=text.word_tokenizer(map(text.clean, texts), WORDS))
    settings = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True}  # as in lesson 01
    tfidf = TfidfVectorizer(**settings, tokenizer=lambda review: words(models.tokenizer, review), token_pattern=None)
    models.bag = make_pipeline(tfidf, LogisticRegression(C=30, max_iter=1_000)).fit(texts, labels)
    ids = encode(models.tokenizer, texts)
    short = (ids > 0).sum(axis=1) <= LENGTH  # long reviews take most of the time
    models.average = _network(keras.layers.GlobalAveragePooling1D, ids[short], labels[short])
    models.gru = _network(lambda: keras.layers.GRU(UNITS), ids[short], labels[short])
    answers = probabilities(models, test_texts)
    models.accuracy = {name: float(np.mean((answers[name] > 0.5) == test_labels)) for name in NAMES}
    return models


def _reviews(part):
    kinds = [read_sample_reviews(REVIEWS)[f"{part}/{kind}"] for kind in ("neg", "pos")]
    return [review.decode() for kind in kinds for review in kind], np.repeat([0, 1], [len(kind) for kind in kinds])


def _network(reader, ids, labels):
    keras.utils.set_random_seed(42)
    tokens = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(WORDS, UNITS, mask_zero=True)(tokens)
    features = reader()(keras.layers.SpatialDropout1D(0.1)(vectors))
    model = ByLength(tokens, keras.layers.Dense(1, activation="sigmoid")(features))
    rate = keras.optimizers.schedules.CosineDecay(0.02, EPOCHS * -(-len(ids) // BATCH))  # 0 at the end
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), "binary_crossentropy")
    model.fit(ids, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


def words(tokenizer, review: str) -> list[str]:
    """Return the words of a review, known or not."""
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text.clean(review))]


def encode(tokenizer, texts: list[str]) -> np.ndarray:
    """Return the ids of the texts, ``(texts, time)``, padded on the right."""
    rows = text.encode(tokenizer, [" ".join(words(tokenizer, each)) for each in texts])
    return text.pad(rows, max(map(len, rows)), side="right")


def probabilities(models: SimpleNamespace, texts: list[str]) -> dict[str, np.ndarray]:
    """Return each model's probabilities ``(texts,)`` that the texts are positive."""
    ids = encode(models.tokenizer, texts)
    average, gru = (model.predict(ids, 256, verbose=0)[:, 0] for model in (models.average, models.gru))
    return {"bag": models.bag.predict_proba(texts)[:, 1], "average": average, "gru": gru}


def write(folder: Path) -> None:
    """Write the models and a static picture of the page to `folder`."""
    models, drawing = train(), Figure(figsize=(11, 4), layout="constrained")
    (tfidf, regression), ids = (step for _, step in models.bag.steps), models.tokenizer.get_vocab()
    data = {name: [*map(_packed, getattr(models, name).get_weights())] for name in ("average", "gru")}
    data["bag"] = [*map(_packed, (tfidf.idf_, regression.coef_, regression.intercept_))]
    data |= {"columns": tfidf.get_feature_names_out().tolist(), "words": sorted(ids, key=ids.get)}
    data |= {"accuracy": models.accuracy, "pair": PAIR}
    written = f"window.COURSE_VERDICT = {json.dumps(data, ensure_ascii=False)};\n"
    (folder / "verdict-data.js").write_text(written, encoding="utf-8")
    with matplotlib.style.context(STYLE):
        for axes, review in zip(drawing.subplots(1, 2, sharey=True), PAIR, strict=True):
            read = words(models.tokenizer, review)
            answers = probabilities(models, [" ".join(read[: place + 1]) for place in range(len(read))])
            for name, color, style in zip(NAMES, COLORS, ("o-", "s--", "^:"), strict=False):
                axes.plot(answers[name], style, color=color, label=NAMES[name])
            axes.set(title=review, ylim=(-0.03, 1.03), ylabel="probability of “positive”")
            axes.set_xticks(range(len(read)), read, rotation=30)
            axes.label_outer()
        axes.legend()
        drawing.savefig(folder / "verdict.png", dpi=80)


def _packed(numbers):
    return base64.b64encode(np.asarray(numbers, "<f4").tobytes()).decode()

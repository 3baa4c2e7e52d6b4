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
from course_utils.plots.canvas import STYLE

REVIEWS = Path(__file__).resolve().parents[2] / "data" / "reviews.jsonl"
PAIR = ("it was not boring, it was brilliant", "it was not brilliant, it was boring")
NAMES = {"bag": "TF-IDF", "average": "average", "gru": "GRU"}
WORDS, LENGTH, UNITS = 600, 50, 16  # fewer words than the reviews have, so that [UNK] is learned, too
EPOCHS, BATCH, SEED = 14, 128, 1  # not every seed's GRU gets both sentences of the pair right; the page says so


@cache
def train() -> SimpleNamespace:
    """Train on the sample's reviews; return the tokenizer, the models bag, average and gru, and their accuracy."""
    (texts, labels), (test_texts, test_labels) = map(_reviews, ("train", "test"))
    models = SimpleNamespace(tokenizer=text.word_tokenizer(map(text.clean, texts), WORDS))
    settings = {"ngram_range": (1, 2), "min_df": 2, "sublinear_tf": True, "token_pattern": None}  # as in lesson 01
    tfidf = TfidfVectorizer(**settings, tokenizer=lambda review: words(models.tokenizer, review))
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
    keras.utils.set_random_seed(SEED)
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
    answers, ids = {"bag": models.bag.predict_proba(texts)[:, 1]}, encode(models.tokenizer, texts)
    return answers | {name: getattr(models, name).predict(ids, 256, verbose=0)[:, 0] for name in ("average", "gru")}


def write(folder: Path) -> None:
    """Write the models and a static picture of the page to `folder`."""
    models, drawing = train(), Figure(figsize=(11, 4), layout="constrained")
    (tfidf, regression), ids = (step for _, step in models.bag.steps), models.tokenizer.get_vocab()
    arrays = {"bag": [tfidf.idf_, regression.coef_, regression.intercept_]}
    arrays |= {name: getattr(models, name).get_weights() for name in ("average", "gru")}
    data = {name: [base64.b64encode(np.asarray(each, "<f4")).decode() for each in arrays[name]] for name in arrays}
    data |= {"columns": [*tfidf.get_feature_names_out()], "words": sorted(ids, key=ids.get), "pair": PAIR}
    data |= {"accuracy": models.accuracy}
    (folder / "verdict-data.js").write_text(f"window.COURSE_VERDICT = {json.dumps(data)};\n", encoding="utf-8")
    with matplotlib.style.context(STYLE):
        for axes, review in zip(drawing.subplots(1, 2, sharey=True), PAIR, strict=True):
            read = words(models.tokenizer, review)
            answers = probabilities(models, [" ".join(read[: place + 1]) for place in range(len(read))])
            for name, style in zip(NAMES, ("o-", "s--", "^:"), strict=True):
                axes.plot(answers[name], style, label=NAMES[name])
            axes.set(title=review, ylim=(-0.03, 1.03))
            axes.set_xticks(range(len(read)), read, rotation=30)
        axes.legend()
        drawing.supylabel("probability of “positive”")
        drawing.savefig(folder / "verdict.png", dpi=80)

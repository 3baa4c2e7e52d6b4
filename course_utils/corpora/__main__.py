"""Download every corpus and print where each one came from (`make data`)."""

import sys

from course_utils import corpora


def main() -> int:
    """Print a line or an error for each corpus; return 1 if a real one is not available."""
    missing = False
    for name in ("imdb", "shakespeare", "headlines", "ptb", "tweets", "korean_reviews", "weather"):
        try:
            provenance = getattr(corpora, f"load_{name}")().provenance
            missing |= provenance.is_sample
        except corpora.CorpusError as error:
            provenance, missing = f"{name}: {error}", True
        print(provenance)
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())

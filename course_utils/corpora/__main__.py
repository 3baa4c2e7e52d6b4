"""Download every corpus and print where each one came from (`make data`)."""

import sys

from course_utils import corpora

__all__ = ["main"]


def main() -> int:
    """Print a line or an error for each corpus; return 1 if a real one is not available."""
    missing = False
    for load in (corpora.load_imdb, corpora.load_shakespeare, corpora.load_headlines, corpora.load_ptb):
        try:
            provenance = load().provenance
            missing |= provenance.is_sample
        except corpora.CorpusError as error:
            provenance, missing = f"{load.__name__.removeprefix('load_')}: {error}", True
        print(provenance)
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())

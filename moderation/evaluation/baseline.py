"""The baseline that any model must beat: TF-IDF of character strings and a logistic regression for each category.

`python -m moderation.evaluation.baseline --data DATA` trains it on the texts that the classifier is trained on, once each and without
disguises, and prints how well it does on COLD's dev split and on the corpus's dev part. Needs the `train` extra.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import SGDClassifier

from moderation.evaluation.datasets import Example
from moderation.evaluation.metrics import Bools, Floats, bootstrap, f1, table
from moderation.evaluation.mixture import mix, refuses
from moderation.settings import Settings
from moderation.text.lexicon import load_lexicon


class Baseline:
    """Character 1- to 4-grams, hashed to 2^20 columns and weighted by TF-IDF; one linear model a category."""

    def __init__(self, examples: Sequence[Example], categories: Sequence[str]) -> None:
        self.categories = tuple(categories)
        self._counts = HashingVectorizer(analyzer="char", ngram_range=(1, 4), n_features=1 << 20, alternate_sign=False)
        self._weights = TfidfTransformer(sublinear_tf=True)
        columns = self._weights.fit_transform(self._counts.transform([example.text for example in examples]))
        self._models = [self._fitted(columns, examples, name) for name in categories]

    def _fitted(self, columns: csr_matrix, examples: Sequence[Example], category: str) -> SGDClassifier:
        truth = [category in example.labels for example in examples]
        return SGDClassifier(loss="log_loss", alpha=2e-6, max_iter=20, random_state=1).fit(columns, truth)

    def score(self, texts: Sequence[str]) -> Floats:
        """The probability of each category, [texts, categories]."""
        columns = self._weights.transform(self._counts.transform(texts))
        return np.stack([model.predict_proba(columns)[:, 1] for model in self._models], axis=1)


def binary_macro_f1(found: Bools, truth: Bools) -> float:
    """The mean of the F1 of what is violating and of what is not.

    >>> round(binary_macro_f1(np.array([True, False, False]), np.array([True, True, False])), 4)
    0.6667
    """
    return (f1(found, truth) + f1(~found, ~truth)) / 2


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m moderation.evaluation.baseline", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("models/corpus"))
    parser.add_argument("--data", type=Path, help="folder of further data sets, as `moderation train` takes it")
    parser.add_argument("--seed", type=int, default=20261128)
    given = parser.parse_args(arguments)
    settings = Settings.read()
    lexicon = load_lexicon(settings.wordlists, {file.stem for file in settings.wordlists.glob("*.txt")})
    refused = refuses(lexicon, datetime.now(UTC).date())
    drawn = mix(given.corpus, given.data, [], settings.wordlists, lexicon, refused, given.seed, disguise=False)
    categories = sorted({label for example in drawn.dev for label in example.labels})
    baseline = Baseline(list(dict.fromkeys(drawn.train)), categories)
    rows = []
    for name, sources in (("COLD dev", ("cold",)), ("the corpus's dev part", (*categories, "everyday"))):
        examples = [example for example in drawn.dev if example.source in sources]
        if not examples:
            continue
        truth = np.array([bool(example.labels) for example in examples])
        found: Bools = np.any(baseline.score([example.text for example in examples]) >= 0.5, axis=1)
        low, high = bootstrap(binary_macro_f1, found, truth)
        rows.append([name, str(len(examples)), f"{binary_macro_f1(found, truth):.3f} ({low:.3f}–{high:.3f})"])
    print(table(["Texts", "How many", "TF-IDF: macro-F1 of violating or not"], rows))


if __name__ == "__main__":
    main()

"""Features of documents: transformers that a recipe puts before its classifier. None of them looks at labels."""

import re
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import NMF, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler

from annotation.silver.documents import Document, SignalWords, View

# A Chinese character is a token of its own: no word segmenter is needed and none can be wrong.
_TOKEN = r"[^\W\d_\u3400-\u9fff]+|\d+|[\u3400-\u9fff]"
NO_WORDS = SignalWords()
_PATTERNS = (
    r"[。，、；：,.;:]",
    r"[!！]",
    r"[?？]",
    r"…|\.\.\.|。。",
    r"哈|嘿|嘻|\b(?:lol|haha)",
    r"我|\b(?:i|me|my)\b",
    r"你|\byou\b",
    r"他|她|\b(?:he|she|they)\b",
    r"不|没|别|\b(?:not|no|never)\b|n't",
    r"了|过|\b(?:was|were|had)\b",
    r"要|想|会|\b(?:will|want)\b",
    r"\d",
    r"[a-z]",
    r"(.)\1\1",
)


def texts(documents: Sequence[Document], view: View) -> list[str]:
    """One view of each document."""
    return [document.view(view) for document in documents]


class Shape(BaseEstimator, TransformerMixin):
    """Documents → numbers about the suspicious message and the chat; NaN where an example does not say.

    Columns: how many messages, users, replies, the at-risk user's share; length of the message; occurrences of
    punctuation, pronouns, negation and the like in it (``_PATTERNS``); signal words by kind and category in it and
    in the messages around it.
    """

    def __init__(self, words: SignalWords = NO_WORDS) -> None:
        self.words = words

    def fit(self, _documents: Sequence[Document], _labels: object = None) -> Self:
        return self

    def transform(self, documents: Sequence[Document]) -> np.ndarray:
        return np.array([self._numbers(document) for document in documents], dtype=np.float64)

    def _numbers(self, document: Document) -> list[float | None]:
        text = document.message.casefold()
        return [
            float(document.n_messages),
            document.n_users,
            document.n_replies,
            document.user_share,
            float(len(text)),
            *(float(len(re.findall(pattern, text))) for pattern in _PATTERNS),
            *map(float, self.words.counts(document.message)),
            *map(float, self.words.counts(document.nearby)),
        ]


class Reduced(BaseEstimator, TransformerMixin):
    """A matrix narrowed to a few columns: ``lsa`` (truncated SVD) or ``topics`` (NMF); fewer for a small corpus."""

    def __init__(self, how: str, columns: int, random_state: int = 0) -> None:
        self.how = how
        self.columns = columns
        self.random_state = random_state

    def fit(self, rows: Any, _labels: object = None) -> Self:
        columns: Any = min(self.columns, rows.shape[0] - 1, rows.shape[1] - 1)
        if columns < 1:
            raise ValueError(f"too little text to learn from: {rows.shape[0]} texts, {rows.shape[1]} n-grams")
        if self.how == "lsa":
            self.model_: TruncatedSVD | NMF = TruncatedSVD(columns, random_state=self.random_state)
        else:
            self.model_ = NMF(columns, init="nndsvd", max_iter=200, tol=1e-3, random_state=self.random_state)
        self.model_.fit(rows)
        return self

    def transform(self, rows: Any) -> np.ndarray:
        return self.model_.transform(rows)


def counts(view: View, shortest: int, longest: int, *, analyzer: str = "char", **options: Any) -> Pipeline:
    """Counts of character n-grams, or of token n-grams with ``analyzer="word"``."""
    return make_pipeline(_reading(view), CountVectorizer(**_grams(shortest, longest, analyzer), **options))


def tfidf(view: View, shortest: int, longest: int, *, analyzer: str = "char") -> Pipeline:
    """The same weighted by TF-IDF, rows of length one."""
    return make_pipeline(_reading(view), TfidfVectorizer(sublinear_tf=True, **_grams(shortest, longest, analyzer)))


def hashed(view: View, shortest: int, longest: int) -> Pipeline:
    """Character n-grams hashed into 4,096 columns, rows of length one."""
    return make_pipeline(_reading(view), HashingVectorizer(n_features=4096, **_grams(shortest, longest, "char")))


def lsa(text: Pipeline, columns: int) -> Pipeline:
    """Latent semantic analysis of text features, rows of length one."""
    return make_pipeline(text, Reduced("lsa", columns), Normalizer())


def topics(text: Pipeline, columns: int) -> Pipeline:
    """Topic weights of text features by non-negative matrix factorisation."""
    return make_pipeline(text, Reduced("topics", columns))


def shape() -> Pipeline:
    """`Shape`, unknown numbers filled in with the median, on one scale."""
    return make_pipeline(Shape(), SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())


def beside(*parts: Pipeline, weights: Sequence[float] = ()) -> FeatureUnion:
    """Several kinds of features side by side."""
    named = [(f"part{number}", part) for number, part in enumerate(parts)]
    return FeatureUnion(named, transformer_weights=dict(zip((name for name, _ in named), weights, strict=False)))


def _reading(view: View) -> FunctionTransformer:
    return FunctionTransformer(texts, kw_args={"view": view})


def _grams(shortest: int, longest: int, analyzer: str) -> dict[str, Any]:
    tokens = {"token_pattern": _TOKEN} if analyzer == "word" else {}
    return {"analyzer": analyzer, "ngram_range": (shortest, longest), **tokens}

"""The embedded voters: 17 ways to learn the codebook from its examples, unlike in what they read and how they judge.

Each is a scikit-learn pipeline in two parts. The features read documents and never see a label, so that all variables
of a codebook share them; the classifier judges one variable. Both depend on the seed alone.
"""

from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import SVC, LinearSVC

from annotation.silver.documents import SignalWords
from annotation.silver.features import beside, counts, hashed, lsa, shape, tfidf, topics
from core.errors import SettingsError
from core.texts import closest


class Neighbours(KNeighborsClassifier):
    """Nearest neighbours that make do with all examples where there are fewer than they would ask."""

    def kneighbors(self, X: Any = None, n_neighbors: int | None = None, return_distance: bool = True) -> Any:  # noqa: N803
        asked: Any = n_neighbors or self.n_neighbors
        return super().kneighbors(X, min(asked, self.n_samples_fit_), return_distance)


@dataclass(frozen=True)
class EmbeddedRecipe:
    """One embedded voter. reads: the views of a segment (`documents.Document`) that it looks at."""

    name: str
    family: str
    reads: str
    description: str
    features: Pipeline | FeatureUnion
    classifier: BaseEstimator

    def build_features(self, seed: int, words: SignalWords) -> Any:
        """An unfitted transformer: documents → matrix."""
        return _seeded(self.features, seed, words)

    def build(self, seed: int) -> Any:
        """An unfitted classifier of the matrix's rows."""
        return _seeded(self.classifier, seed, None)


def _seeded(template: BaseEstimator, seed: int, words: SignalWords | None) -> BaseEstimator:
    given = {"random_state": seed, "words": words}
    fresh: Any = clone(template)
    names = [name for name in fresh.get_params() if name.rpartition("__")[2] in given]
    return fresh.set_params(**{name: given[name.rpartition("__")[2]] for name in names})


_ALL = (
    EmbeddedRecipe(
        "nb-complement", "naive Bayes", "message",
        "Complement naive Bayes over counts of one and two characters.",
        counts("message", 1, 2),
        ComplementNB(alpha=0.5),
    ),
    EmbeddedRecipe(
        "nb-multinomial", "naive Bayes", "user",
        "Multinomial naive Bayes over weighted tokens and pairs of tokens.",
        tfidf("user", 1, 2, analyzer="word"),
        MultinomialNB(alpha=0.1),
    ),
    EmbeddedRecipe(
        "nb-bernoulli", "naive Bayes", "message",
        "Bernoulli naive Bayes over which sequences of one to three characters occur at all.",
        counts("message", 1, 3, binary=True, min_df=2),
        BernoulliNB(alpha=0.3),
    ),
    EmbeddedRecipe(
        "nb-topics", "naive Bayes", "nearby",
        "Gaussian naive Bayes over topic weights (NMF) of the messages around.",
        topics(tfidf("nearby", 1, 2, analyzer="word"), 24),
        GaussianNB(var_smoothing=0.02),
    ),
    EmbeddedRecipe(
        "logistic", "linear", "message",
        "Logistic regression over weighted sequences of one to three characters.",
        tfidf("message", 1, 3),
        LogisticRegression(C=10, class_weight="balanced", max_iter=500),
    ),
    EmbeddedRecipe(
        "svm-linear", "linear", "nearby",
        "Linear support vector machine over one to four characters within words of the messages around.",
        tfidf("nearby", 1, 4, analyzer="char_wb"),
        LinearSVC(C=0.5, class_weight="balanced"),
    ),
    EmbeddedRecipe(
        "sgd-huber", "linear", "user",
        "Modified Huber loss by stochastic gradient descent over hashed sequences of one to three characters.",
        hashed("user", 1, 3),
        SGDClassifier(loss="modified_huber", alpha=1e-3, class_weight="balanced", average=True),
    ),
    EmbeddedRecipe(
        "ridge", "linear", "message, segment",
        "Ridge regression over the characters of the message beside the tokens of the whole segment.",
        beside(tfidf("message", 1, 2), tfidf("segment", 1, 1, analyzer="word")),
        RidgeClassifier(class_weight="balanced", solver="sparse_cg"),
    ),
    EmbeddedRecipe(
        "perceptron", "linear", "user",
        "Perceptron over weighted single, double and triple tokens.",
        tfidf("user", 1, 3, analyzer="word"),
        Perceptron(class_weight="balanced", penalty="l2", alpha=1e-5),
    ),
    EmbeddedRecipe(
        "neighbours", "neighbours", "message",
        "Nine nearest neighbours by the cosine of weighted characters, the nearer the heavier.",
        tfidf("message", 1, 2),
        Neighbours(n_neighbors=9, metric="cosine", weights="distance", n_jobs=1),
    ),
    EmbeddedRecipe(
        "centroid", "neighbours", "message",
        "Nearest centroid of the labels in the latent semantics (SVD) of tokens.",
        lsa(tfidf("message", 1, 2, analyzer="word"), 48),
        NearestCentroid(priors="uniform"),
    ),
    EmbeddedRecipe(
        "forest", "trees", "message, nearby",
        "Random forest over which characters occur, signal words and the shape of the chat.",
        beside(counts("message", 1, 2, binary=True, max_features=400), shape()),
        RandomForestClassifier(30, class_weight="balanced", n_jobs=1),
    ),
    EmbeddedRecipe(
        "extra-trees", "trees", "user",
        "Extremely randomised trees over the counts of the 300 most frequent tokens and pairs.",
        counts("user", 1, 2, analyzer="word", max_features=300),
        ExtraTreesClassifier(30, class_weight="balanced", n_jobs=1),
    ),
    EmbeddedRecipe(
        "boosting", "trees", "message, nearby",
        "Histogram gradient boosting over the shape of the chat, signal words and latent semantics.",
        beside(shape(), lsa(tfidf("nearby", 1, 2), 16)),
        HistGradientBoostingClassifier(
            max_iter=30, learning_rate=0.2, max_leaf_nodes=6, min_samples_leaf=4, class_weight="balanced"
        ),
    ),
    EmbeddedRecipe(
        "discriminant", "discriminant", "nearby",
        "Linear discriminant analysis with shrinkage over the latent semantics of the messages around.",
        lsa(tfidf("nearby", 1, 2), 40),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    ),
    EmbeddedRecipe(
        "svm-rbf", "kernel", "message, nearby, user",
        "Support vector machine with a Gaussian kernel over latent semantics beside the shape of the chat.",
        beside(lsa(tfidf("user", 1, 2), 60), shape(), weights=(1.0, 0.05)),
        SVC(C=4, class_weight="balanced"),
    ),
    EmbeddedRecipe(
        "neural", "neural", "message",
        "Neural network of one hidden layer over the latent semantics of one to three characters.",
        lsa(tfidf("message", 1, 3), 50),
        MLPClassifier((24,), solver="lbfgs", alpha=0.3, max_iter=80),
    ),
)  # fmt: skip
RECIPES: dict[str, EmbeddedRecipe] = {recipe.name: recipe for recipe in _ALL}


def recipe_named(name: str, voter: str) -> EmbeddedRecipe:
    """The recipe of an embedded voter. Raises SettingsError with the nearest known name."""
    if name not in RECIPES:
        raise SettingsError(
            f"voter {voter!r} wants the recipe {name!r}, which does not exist; {closest(name, RECIPES)}"
        )
    return RECIPES[name]

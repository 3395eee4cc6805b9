"""The 17 embedded recipes: each works on every shipped codebook, and no two are the same voter."""

from itertools import combinations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from annotation.silver.calibration import Confident
from annotation.silver.documents import Document, SignalWords, document_of_example
from annotation.silver.features import Shape, counts, lsa, tfidf
from annotation.silver.recipes import RECIPES, recipe_named
from core.codebook import shipped_codebook
from core.errors import SettingsError
from core.settings import parse_settings
from core.workspace import settings_template

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
WORDS = SignalWords((("kind:explicit", ("难过", "哭")), ("kind:implicit", ("孤单",))))


def documents(codebook: str) -> tuple[list[Document], np.ndarray]:
    """The examples of a codebook's first variable, as documents and labels."""
    book = shipped_codebook(codebook)
    labels = [book.example_label(example, book.rating_variables[0]) for example in book.examples]
    return [document_of_example(n, example) for n, example in enumerate(book.examples)], np.array(labels)


def predictions(name: str, seed: int = 7) -> np.ndarray:
    """Probabilities for the odd examples of suichat6 from a recipe that learned the even ones."""
    made, labels = documents("suichat6")
    with threadpool_limits(1):
        features = RECIPES[name].build_features(seed, WORDS)
        learned, read = features.fit_transform(made[::2]), features.transform(made[1::2])
        learned = learned.tocsr() if hasattr(learned, "tocsr") else learned
        return Confident(RECIPES[name].build(seed)).fit(learned, labels[::2]).probabilities(read)


@pytest.fixture(scope="module")
def all_predictions() -> dict[str, np.ndarray]:
    return {name: predictions(name) for name in RECIPES}


def test_there_are_17_and_the_template_lists_them_all():
    voters = parse_settings(settings_template()).vote.voters
    assert len(RECIPES) == 17
    assert [(voter.name, voter.recipe, voter.family) for voter in voters] == [
        (recipe.name, recipe.name, recipe.family) for recipe in RECIPES.values()
    ]


def test_no_two_recipes_share_features_and_algorithm():
    kinds = {(type(recipe.classifier).__name__, repr(recipe.features)) for recipe in RECIPES.values()}
    algorithms = {type(recipe.classifier).__name__ for recipe in RECIPES.values()}
    features = {repr(recipe.features) for recipe in RECIPES.values()}
    assert (len(kinds), len(algorithms), len(features)) == (17, 17, 17)
    assert len({recipe.family for recipe in RECIPES.values()}) == 7


def test_any_two_recipes_disagree_on_some_texts(all_predictions):
    for one, other in combinations(RECIPES, 2):
        disagreeing = (all_predictions[one].argmax(axis=1) != all_predictions[other].argmax(axis=1)).mean()
        assert disagreeing > 0.02, (one, other)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_the_same_every_time(all_predictions, name: str):
    assert np.array_equal(predictions(name), all_predictions[name])


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_beats_chance_on_examples_it_has_not_seen(all_predictions, name: str):
    _, labels = documents("suichat6")
    right = (np.unique(labels)[all_predictions[name].argmax(axis=1)] == labels[1::2]).mean()
    assert right > 0.25  # six labels of about equal size: chance is 0.17


def test_probabilities_are_probabilities(all_predictions):
    for name, found in all_predictions.items():
        assert found.shape[1] == 6, name
        assert np.allclose(found.sum(axis=1), 1), name


@pytest.mark.slow
@pytest.mark.parametrize("codebook", ["psysuicide11", "ideation4", "narratives23"])
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_learns_every_shipped_codebook(codebook: str, name: str):
    made, labels = documents(codebook)
    with threadpool_limits(1):
        rows = RECIPES[name].build_features(1, WORDS).fit_transform(made)
        rows = rows.tocsr() if hasattr(rows, "tocsr") else rows
        found = Confident(RECIPES[name].build(1)).fit(rows, labels).probabilities(rows)
    assert found.shape == (len(made), len(set(labels)))
    assert np.isfinite(found).all()


def test_an_unknown_recipe_is_named_with_its_neighbour():
    with pytest.raises(SettingsError, match=r"voter 'v' wants the recipe 'rigde', .*; did you mean 'ridge'\?"):
        recipe_named("rigde", "v")


def document(text: str, **more) -> Document:
    return Document("d", text, text, text, text, n_messages=1, **more)


def test_tokens_are_single_chinese_characters_words_and_numbers():
    features = counts("message", 1, 1, analyzer="word")
    features.fit([document("今天 hello_world 12点, OK!")])
    assert sorted(features[-1].vocabulary_) == ["12", "hello", "ok", "world", "今", "天", "点"]


def test_shape_counts_what_is_said_and_leaves_unknown_numbers_open():
    [row] = Shape(WORDS).transform([document("难过啊难过……你不懂！", n_users=2, n_replies=0, user_share=0.5)])
    [bare] = Shape(WORDS).transform([document("好")])
    assert row[:5].tolist() == [1, 2, 0, 0.5, 11]
    assert row[-4:].tolist() == [1, 0, 1, 0]  # one explicit word, in the message and in the messages around it
    assert np.isnan(bare[1:4]).all()


def test_a_view_is_what_is_read():
    two = [Document(str(n), text, "n", "u", "s", 1) for n, text in enumerate(["甲乙", "丙丁"])]
    assert counts("message", 1, 1).fit_transform(two).shape == (2, 4)
    assert counts("user", 1, 1).fit_transform(two).shape == (2, 1)


def test_semantics_of_a_tiny_corpus_have_few_columns():
    made = [document("好的"), document("不好"), document("好吧")]
    assert lsa(tfidf("message", 1, 1), 48).fit_transform(made).shape == (3, 2)
    with pytest.raises(ValueError, match="too little text to learn from: 1 texts"):
        lsa(tfidf("message", 1, 1), 48).fit_transform(made[:1])

"""What an edit of the codebook costs: which votes stand and which are cast anew, as docs/your-codebook.md says."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from annotation.silver.planning import plan_votes
from annotation.silver.recipes import RECIPES
from annotation.silver.voting import vote
from core.codebook import load_codebook
from core.scripted_llm import says
from core.workspace import Workspace

PAGE = (Path(__file__).parents[2] / "docs" / "your-codebook.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("```toml\n")[1].split("```")[0]
N_BALLOTS = 3 * 5  # segments × rating variables
STAND = [
    ('version = "1"', 'version = "2"'),
    ('source = "made for this page"', 'source = "made by us"'),
    ("high_risk = true", "high_risk = false"),
    ('name = "rude"\n', 'name = "rude"\nkey = "g"\n'),
    ("ordered = true\n", ""),
    ('en = "Politeness among neighbours"', 'en = "Manners"'),
]
TREE = [("是不是双方都当玩笑", "双方是不是都当玩笑"), ("later = true\n", "")]
MESSAGES = [("今晚小孩练琴到八点", "今晚小孩练琴到九点")]
TEXTS = [
    ("楼里群聊片段的语气", "楼里群聊的语气"),
    ("朋友间的玩笑不算骂人。", ""),
    ('several = "highest"', 'several = "lowest"'),
    ("装修、音乐、小孩、宠物的声音。", "各种声音。"),
]


def cannot_tell(body: dict):
    """A model that abstains on every variable it is asked about, or has no path to tell."""
    form = body["messages"][0]["content"]
    labels = dict.fromkeys(re.findall(r'"(tone|topic:\w+|favour)": \d', form), -1)
    return says(json.dumps({"context": "c", "analysis": "a", "rationale": "r", "paths": [], "labels": labels}))


@pytest.fixture
def voted(make_silver, chat_panel, model_server) -> Callable[..., Workspace]:
    """voted(vote=""): three segments that a model has voted on with the page's codebook; vote: more keys of [vote]."""

    def make(settings: str = "") -> Workspace:
        panel = f"[vote]\n{settings}\n{chat_panel(model_server(cannot_tell))}"
        workspace = make_silver(panel, n=3, codebook=EXAMPLE)
        vote(workspace)
        return workspace

    return make


def left_after(workspace: Workspace, before: str, after: str) -> int:
    """How many votes have to be cast once more after an edit."""
    path = workspace.root / "codebook.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    load_codebook(path)
    [plan] = plan_votes(Workspace(workspace.root)).voters
    return plan.n_ballots - plan.n_standing


@pytest.mark.parametrize(("before", "after"), [*STAND, *TREE, *MESSAGES])
def test_what_models_are_not_shown_lets_their_votes_stand(voted, before: str, after: str):
    assert left_after(voted(), before, after) == 0


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_what_models_are_shown_makes_them_vote_anew(voted, before: str, after: str):
    assert left_after(voted(), before, after) == N_BALLOTS


def test_with_variables_each_only_the_variable_edited(voted):
    workspace = voted('variables = "each"')
    assert left_after(workspace, "朋友间的玩笑不算骂人。", "") == 3
    assert left_after(workspace, "装修、音乐、小孩、宠物的声音。", "各种声音。") == 3 + 3
    assert left_after(workspace, "楼里群聊片段的语气", "楼里群聊的语气") == N_BALLOTS


def test_the_tree_matters_to_those_who_walk_it(voted):
    assert left_after(voted('prompt = "tree"'), *TREE[0]) == 3


def test_an_example_matters_to_those_who_are_shown_it(voted):
    assert left_after(voted('prompt = "few_shot"'), *MESSAGES[0]) == N_BALLOTS


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        *((*edit, 0) for edit in (*STAND, *TREE, *TEXTS)),
        *((*edit, N_BALLOTS) for edit in MESSAGES),
        ('labels = { tone = 0, topic = ["parcels"] }', 'labels = { tone = 1, topic = ["parcels"] }', 3),
    ],
)
def test_embedded_voters_vote_anew_on_other_examples_alone(
    make_silver, embedded_panel, before: str, after: str, left: int
):
    workspace = make_silver(embedded_panel("nb-multinomial"), n=3, codebook=EXAMPLE)
    vote(workspace)
    assert left_after(workspace, before, after) == left


@pytest.mark.parametrize("n_examples", [6, 10, 15])
def test_few_examples_are_no_failure_of_an_embedded_voter(make_silver, embedded_panel, n_examples: int):
    few = "[[examples]]".join(EXAMPLE.split("[[examples]]")[: n_examples + 1])
    report = vote(make_silver(embedded_panel(*RECIPES), n=3, codebook=few))
    assert [turn.voter for turn in report.voters if turn.n_failed] == []

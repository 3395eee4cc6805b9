"""A workspace with candidates, two experts, and a review that both rule in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from core.workspace import Workspace
from lexicon.review.choosing import ReviewPlan
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.rulings import Ruled, rule

EXPERTS = ("lin", "zhou")


@dataclass(frozen=True)
class Reviewing:
    """A review named ``first`` of the experts lin (A) and zhou (B). ids: term → candidate_id, by keyness."""

    workspace: Workspace
    engine: Engine
    ids: dict[str, str]

    def rule(self, user: str, **decisions: str) -> Ruled:
        """Rule on terms, which are keywords: ``accept`` takes the kind and category as suggested."""
        return rule(self.engine, "first", user, {self.ids[term]: opinion(said) for term, said in decisions.items()})


def opinion(said: str) -> Opinion:
    """``accept``, ``accept explicit direct``, ``reject``, ``unsure``; what follows a slash is the note."""
    words, _, note = said.partition("/")
    decision, *rest = words.split()
    kind, category = rest or (["implicit", "slang"] if decision == "accept" else [None, None])
    return Opinion(decision, kind, category, note)


@pytest.fixture
def candidates(workspace, review_world, crew) -> Callable[..., Reviewing]:
    """The workspace with the tables and the people, on an engine; ``n`` terms."""

    def make(engine: Engine, n: int = 20) -> Reviewing:
        crew(engine, *EXPERTS)
        return Reviewing(workspace, engine, review_world.write_review_corpus(workspace, n))

    return make


@pytest.fixture
def reviewing(candidates, each_engine) -> Reviewing:
    """A review of four candidates, 想消失 重开 谢幕 没盼头, on both databases."""
    made = candidates(each_engine, 4)
    open_review(made.workspace, made.engine, ReviewPlan(EXPERTS, "first"))
    return made

"""Embedded voters at work: what they learn from, when they abstain, and that nothing else sways them."""

from datetime import UTC, datetime

import polars as pl
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from annotation.silver.ballots import votes_frame
from annotation.silver.embedded import NO_LESSON, OWN_LABEL
from annotation.silver.journal import Journal
from annotation.silver.material import Material
from annotation.silver.recipes import RECIPES, EmbeddedRecipe
from annotation.silver.voting import vote
from core.codebook import shipped_codebook, shipped_text
from core.contracts import empty
from core.store import Recipe
from core.workspace import Workspace, settings_template

LEXICON = [("e1", "难过", "explicit", "low mood", None), ("e2", "孤单", "implicit", "low mood", None)]


def votes(workspace: Workspace, voter: str | None = None) -> pl.DataFrame:
    """All votes but the time they took."""
    return workspace.store.read(f"votes/{voter}" if voter else "votes").drop("seconds")


def labels(workspace: Workspace, variable: str, voter: str) -> list[int]:
    return votes(workspace, voter).filter(pl.col("variable") == variable)["label"].to_list()


def give_gold(workspace: Workspace, labels: dict[int, int], variable: str = "mood") -> None:
    """Gold labels for segments by their number."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    rows = [(f"{number:016x}", variable, label, "unanimous", 3, now) for number, label in labels.items()]
    workspace.store.write("gold", pl.DataFrame(rows, schema=empty("gold").schema, orient="row"), Recipe(inputs={}))


def test_the_whole_panel_votes_on_every_segment_and_variable(make_silver):
    workspace = make_silver(settings_template(), n=9)
    report = vote(workspace)
    assert (len(report.voters), report.n_segments, report.n_variables, report.n_failed) == (17, 9, 2, 0)
    assert all((turn.n, turn.n_new) == (18, 18) for turn in report.voters)
    assert votes(workspace).height == 17 * 18


def test_words_like_the_examples_get_the_examples_labels(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("logistic"), n=12)
    vote(workspace)
    given = labels(workspace, "mood", "logistic")
    assert {(k % 3, label) for k, label in enumerate(given) if label >= 0} == {(0, 0), (1, 1), (2, 3)}


def test_two_workspaces_get_the_same_votes_to_the_byte(make_silver):
    one, other = (make_silver(settings_template(), n=8, name=name) for name in ("one", "other"))
    vote(one)
    vote(other)
    assert votes(one).equals(votes(other))


def test_a_segment_is_judged_the_same_in_any_company(make_silver):
    many, few = make_silver(settings_template(), n=24, name="many"), make_silver(settings_template(), n=3, name="few")
    vote(many)
    vote(few)
    shared = votes(many).filter(pl.col("segment_id").is_in([f"{k:016x}" for k in range(3)]))
    assert shared.equals(votes(few))


@pytest.mark.parametrize(("below", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_the_abstain_rule_can_be_set_for_each_voter(make_silver, embedded_panel, below: float, expected: float):
    workspace = make_silver(embedded_panel("ridge", extra=f"abstain_below = {below}"))
    vote(workspace)
    assert (votes(workspace)["status"].cast(pl.String) == "refused").mean() == expected


def test_an_abstention_keeps_its_probability_and_no_label(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge", extra="abstain_below = 1.0"))
    vote(workspace)
    assert votes(workspace)["label"].unique().to_list() == [-1]
    assert votes(workspace)["probability"].is_between(0.3, 1).all()


def test_text_unlike_any_example_makes_a_voter_abstain(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("nb-multinomial", "logistic"), contents=[["hmm", "zzz qqq xxx", "hmm"]])
    vote(workspace)
    assert labels(workspace, "mood", "nb-multinomial") == [-1]
    assert labels(workspace, "mood", "logistic") == [-1]


def test_without_two_labels_to_learn_every_vote_abstains_and_says_why(make_silver, embedded_panel):
    book = shipped_text("narratives23")
    workspace = make_silver(embedded_panel("logistic", "boosting"), n=2, codebook=book)
    report = vote(workspace)
    found = votes(workspace).filter(pl.col("variable") == "WeaponType1")
    assert (
        found.select("label", pl.col("status").cast(pl.String), "rationale").rows() == [(-1, "refused", NO_LESSON)] * 4
    )
    assert report.n_failed == 0


def test_a_codebook_without_examples_teaches_nothing(make_silver, embedded_panel):
    bare = shipped_text("suichat6").partition("[[examples]]")[0]
    workspace = make_silver(embedded_panel("neighbours"), n=2, codebook=bare)
    assert vote(workspace).voters[0].by_status == {"ok": 0, "unparsed": 0, "refused": 2, "failed": 0}


@pytest.mark.slow
@pytest.mark.parametrize("codebook", ["suichat6", "psysuicide11", "ideation4", "narratives23"])
def test_every_shipped_codebook_gets_its_votes(make_silver, codebook: str):
    workspace = make_silver(settings_template(), n=6, codebook=shipped_text(codebook))
    report = vote(workspace)
    n_variables = len(shipped_codebook(codebook).rating_variables)
    assert (report.n_failed, report.voters[0].n) == (0, 6 * n_variables)
    assert sum(turn.by_status["ok"] for turn in report.voters) > 0


class Breaks(ClassifierMixin, BaseEstimator):
    """A classifier that cannot be fitted."""

    def fit(self, rows: object, labels: object) -> None:
        raise ValueError("singular matrix")


def test_a_classifier_that_breaks_gives_failed_votes_and_never_a_label(make_silver, embedded_panel, monkeypatch):
    good = RECIPES["ridge"]
    broken = EmbeddedRecipe("ridge", good.family, good.reads, good.description, good.features, Breaks())
    monkeypatch.setitem(RECIPES, "ridge", broken)
    workspace = make_silver(embedded_panel("ridge", "logistic"), n=3)
    report = vote(workspace)
    assert [(turn.n_failed, turn.by_status["ok"] > 0) for turn in report.voters] == [(6, False), (0, True)]
    assert report.voters[0].problems == {"the classifier failed: singular matrix": 6}
    monkeypatch.setitem(RECIPES, "ridge", good)
    assert (vote(workspace).n_failed, vote(workspace).changed) == (0, False)


def test_gold_teaches_a_new_word(make_silver, embedded_panel):
    """Nobody knows 'zz' until people call eight segments with it glad."""
    contents = [["在吗在吗", f"zz zz 第{k}次", "知道了"] for k in range(9)]
    workspace = make_silver(embedded_panel("logistic"), contents=contents)
    vote(workspace)
    assert labels(workspace, "mood", "logistic")[8] != 3
    give_gold(workspace, dict.fromkeys(range(8), 3))
    assert vote(Workspace(workspace.root)).changed
    assert labels(workspace, "mood", "logistic")[8] == 3


def test_gold_is_left_out_when_the_settings_say_so(make_silver, embedded_panel):
    workspace = make_silver("[vote]\nuse_gold = false\n" + embedded_panel("logistic"))
    vote(workspace)
    before = votes(workspace)
    give_gold(workspace, dict.fromkeys(range(8), 3))
    assert not vote(Workspace(workspace.root)).changed
    assert votes(workspace).equals(before)


def test_a_segment_is_never_judged_by_its_own_gold(make_silver, embedded_panel):
    """Two segments say the same unheard-of words. Gold calls both sad: then each is sad because of the other. Gold
    calls one of them glad: now each is what the other is, and only a voter that had seen its gold would know it."""
    contents = [
        ["好的呀", "好难过啊", "嗯嗯嗯"],
        ["在吗在吗", "qq ww ee", "知道了"],
        ["在吗在吗", "qq ww ee", "嗯嗯嗯"],
    ]
    workspace = make_silver(embedded_panel("neighbours", extra="abstain_below = 0.0"), contents=contents)
    give_gold(workspace, {0: 1, 1: 1, 2: 1})
    vote(workspace)
    assert labels(workspace, "mood", "neighbours")[1:] == [1, 1]
    give_gold(workspace, {0: 1, 1: 3, 2: 1})
    vote(Workspace(workspace.root))
    assert labels(workspace, "mood", "neighbours")[1:] == [1, 3]


def test_a_segment_whose_gold_is_all_there_is_gets_no_vote(make_silver, embedded_panel):
    bare = shipped_text("suichat6").partition("[[examples]]")[0]
    workspace = make_silver(embedded_panel("ridge"), n=3, codebook=bare)
    give_gold(workspace, {0: 1, 1: 2}, variable="risk")
    vote(workspace)
    assert votes(workspace)["rationale"].to_list()[:2] == [OWN_LABEL, OWN_LABEL]


def test_gold_of_lost_segments_and_codes_is_passed_over(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("logistic"))
    vote(workspace)
    before = votes(workspace)
    give_gold(workspace, {999: 3, 1: 77})
    assert not vote(Workspace(workspace.root)).changed
    assert votes(workspace).equals(before)


def test_the_lexicon_counts(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("forest", "logistic"), n=6)
    vote(workspace)
    before = votes(workspace)
    frame = pl.DataFrame(LEXICON, schema=empty("lexicon").schema, orient="row")
    workspace.store.write("lexicon", frame, Recipe(inputs={}))
    assert vote(Workspace(workspace.root)).changed
    assert votes(workspace)["prompt_hash"].to_list() != before["prompt_hash"].to_list()


def test_a_new_seed_makes_new_votes(make_silver, embedded_panel):
    workspace = make_silver("[vote]\nseed = 1\n" + embedded_panel("neural"), n=6)
    vote(workspace)
    before = votes(workspace)
    (workspace.root / "assay.toml").write_text("[vote]\nseed = 2\n" + embedded_panel("neural"), encoding="utf-8")
    assert vote(Workspace(workspace.root)).voters[0].n_new == 12
    assert votes(workspace)["probability"].to_list() != before["probability"].to_list()


def test_a_run_that_stopped_after_one_variable_ends_like_any_other(make_silver, embedded_panel):
    panel = embedded_panel("boosting")
    whole, stopped = make_silver(panel, name="whole"), make_silver(panel, name="stopped")
    ready = Material(stopped, stopped.store.read("segments")).ready(stopped.settings.vote.voters[0])
    with Journal(stopped.cache / "votes" / "boosting.jsonl") as journal:
        journal.append(next(iter(ready.cast(list(ready.hashes())))))
    vote(whole)
    assert vote(stopped).voters[0].n_new == 24
    assert votes(stopped).equals(votes(whole))


def test_votes_survive_the_way_through_a_frame(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("centroid"), n=2)
    ready = Material(workspace, workspace.store.read("segments")).ready(workspace.settings.vote.voters[0])
    cast = [vote for votes in ready.cast(list(ready.hashes())) for vote in votes]
    assert ready.rounds(list(ready.hashes())) == 2
    assert votes_frame(cast).columns == empty("votes").columns


@pytest.mark.parametrize("voter", sorted(RECIPES))
def test_a_voter_with_nothing_to_do_says_so(make_silver, embedded_panel, voter):
    workspace = make_silver(embedded_panel(voter), n=6)
    vote(workspace)
    before = votes(workspace)
    workspace.store.write("gold", empty("gold"), Recipe(inputs={}))
    assert vote(workspace).voters[0].n_new == 0
    assert votes(workspace).equals(before)

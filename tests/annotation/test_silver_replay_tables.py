"""Votes made elsewhere: what a table says is what is voted, and what it does not say is not made up."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.silver.ballots import ReadsVotes, Vote, votes_frame
from annotation.silver.replay import NO_VOTE, ReplayVoter, replay_hashes
from core.codebook import shipped_codebook
from core.contracts import check
from core.errors import SettingsError
from core.setting_tables.voting import Voter

MANY = shipped_codebook("psysuicide11")
RISK = shipped_codebook("suichat6")


def cast(ready: ReplayVoter) -> list[Vote]:
    return [vote for votes in ready.cast(list(ready.hashes())) for vote in votes]


def said(ready: ReplayVoter) -> list[tuple[int, str]]:
    return [(vote.label, vote.status) for vote in cast(ready)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("v.csv", "segment_id,label\ns2,\ns1,2\n"),
        ("v.csv", "\ufefflabel,segment_id,variable,note\n suicidal_ideation , s1 ,risk,x\n-1,s2,risk,\n"),
        ("v.csv", "segment_id;label;status\ns1;2.0;ok\ns2;−1;refused\n"),
        ("v.tsv", "segment_id\tlabel\tstatus\ns1\tSuicidal_Ideation\t\ns2\t\tREFUSED\n"),
        ("v.jsonl", '{"segment_id": "s1", "label": 2}\n{"segment_id": "s2", "label": null}\n'),
        ("v.jsonl", '{"segment_id": "s1", "label": "suicidal_ideation"}\n{"segment_id": "s2", "label": -1}\n'),
    ],
)
def test_the_same_votes_written_in_other_ways(replayed, name: str, content: str):
    assert said(replayed(content, name)) == [(2, "ok"), (-1, "refused")]


@pytest.mark.parametrize("labels", [[2, None], [2.0, float("nan")], [2, -1], ["2", ""]])
def test_parquet_with_labels_of_any_type(tmp_path: Path, replayed, labels: list):
    pl.DataFrame({"segment_id": ["s1", "s2"], "label": labels}).write_parquet(tmp_path / "made.parquet")
    ready = replayed((tmp_path / "made.parquet").read_bytes(), "v.parquet")
    assert said(ready) == [(2, "ok"), (-1, "refused")]


@pytest.mark.parametrize(
    ("written", "label"), [("1", 1), ("yes", 1), ("TRUE", 1), ("0", 0), ("No", 0), ("false", 0), ("-1", -1), ("", -1)]
)
def test_labels_of_a_variable_with_many_labels_are_yes_and_no(replayed, written: str, label: int):
    ready = replayed(f"segment_id,variable,label\ns1,risk:plan,{written}\n", codebook=MANY)
    [plan] = [vote for vote in cast(ready) if vote.ballot == ("s1", "risk:plan")]
    assert (plan.label, plan.status) == (label, "ok" if label >= 0 else "refused")


def test_truth_values_in_json_are_yes_and_no(replayed):
    lines = '{"segment_id": "s1", "variable": "risk:plan", "label": true}\n'
    lines += '{"segment_id": "s2", "variable": "risk:plan", "label": 0}\n'
    ready = replayed(lines, "v.jsonl", codebook=MANY)
    assert [vote.label for vote in cast(ready) if vote.variable == "risk:plan"] == [1, 0]


def test_everything_a_row_may_say(replayed):
    content = "segment_id,label,status,rationale,probability,model\n"
    content += 's1,2,ok," 他说\n""累了"" ",0.75,some-model\ns2,,failed,no connection,,\n'
    ok, failed = cast(replayed(content))
    assert (ok.voter, ok.rationale, ok.probability, ok.model, ok.seconds) == (
        "wu", ' 他说\n"累了" ', 0.75, "some-model", None
    )  # fmt: skip
    assert (failed.label, failed.status, failed.rationale, failed.model) == (-1, "failed", "no connection", "wu")


@pytest.mark.parametrize("written", ["9", "-2", "7.5", "ideation", "yes", "是"])
def test_a_label_that_does_not_exist_is_never_a_vote(replayed, written: str):
    first, _ = cast(replayed(f"segment_id,label,rationale\ns1,{written},because\ns2,0,\n"))
    assert (first.label, first.status) == (-1, "unparsed")
    assert first.rationale == f"{written} is no label of risk: because"


def test_what_the_table_does_not_say_has_failed(replayed):
    ready = replayed("segment_id,label\ns1,3\n", ids=("s0", "s1"))
    assert [(vote.segment_id, vote.label, vote.status, vote.rationale) for vote in cast(ready)] == [
        ("s0", -1, "failed", NO_VOTE),
        ("s1", 3, "ok", None),
    ]


@pytest.mark.parametrize(("votes_as", "label"), [(None, 1), ("li", 2)])
def test_only_the_rows_of_the_voter_count(replayed, votes_as: str | None, label: int):
    content = "segment_id,voter,label\ns1,li,2\ns1,wu,1\ns1,han,nonsense\n"
    ready = replayed(content, votes_as=votes_as, ids=("s1",))
    assert said(ready) == [(label, "ok")]
    assert ready.rejected().is_empty()


def test_rows_about_nothing_here_are_kept_with_a_reason(replayed):
    content = "segment_id,variable,voter,label,note\ns1,risk,wu,2,\ns9,risk,wu,1,\ns9,risk,li,1,\ns1,rsik,wu,zz,\n"
    content += "s2,risk,,2,\n"
    ready = replayed(content)
    assert isinstance(ready, ReadsVotes)
    assert ready.rejected().select("segment_id", "variable", "voter", "label", "reason").rows() == [
        ("s9", "risk", "wu", "1", "unknown_segment"),
        ("s1", "rsik", "wu", "zz", "unknown_variable"),
        ("s2", "risk", None, "2", "no_voter"),
    ]
    assert said(ready) == [(2, "ok"), (-1, "failed")]


def test_the_same_vote_twice_is_one_vote(replayed):
    assert said(replayed("segment_id,label\ns1,2\ns2,0\ns1,suicidal_ideation\n")) == [(2, "ok"), (0, "ok")]


def test_the_file_is_found_from_the_workspace_or_by_its_whole_path(tmp_path: Path):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "v.csv").write_text("segment_id,label\ns1,2\n", encoding="utf-8")
    for votes in ("../v.csv", str(tmp_path / "v.csv")):
        voter = Voter(name="wu", backend="replay", votes=votes)
        assert said(ReplayVoter(voter, tmp_path / "workspace", RISK, ["s1"])) == [(2, "ok")]
        assert list(replay_hashes(voter, tmp_path / "workspace")) == ["v.csv"]
    absent = Voter(name="wu", backend="replay", votes="v.csv")
    assert replay_hashes(absent, tmp_path / "workspace") == {}
    with pytest.raises(SettingsError, match=r"voter 'wu' wants the votes in 'v.csv', and there is no such file"):
        ReplayVoter(absent, tmp_path / "workspace", RISK, ["s1"]).hashes()


@pytest.mark.parametrize("row", ["s1,3,,,,", "s1,2,tired,,,", "s1,2,,0.5,,", "s1,2,,,other,", "s1,,,,,refused"])
def test_only_a_row_that_says_something_else_is_a_new_vote(replayed, row: str):
    head = "segment_id,label,rationale,probability,model,status\n"
    before = replayed(head + "s1,2,,,,\ns2,1,,,,\n").hashes()
    after = replayed(head + "s2,1.0,,,,ok\n" + row + "\n").hashes()
    assert before["s1", "risk"] != after["s1", "risk"]
    assert before["s2", "risk"] == after["s2", "risk"]


def test_votes_are_cast_in_rounds(monkeypatch: pytest.MonkeyPatch, replayed):
    monkeypatch.setattr("annotation.silver.replay.VOTES_AT_ONCE", 2)
    ready = replayed("segment_id,label\ns1,2\ns2,0\ns3,1\n", ids=("s1", "s2", "s3"))
    pending = [("s3", "risk"), ("s1", "risk"), ("s2", "risk")]
    assert [[vote.label for vote in votes] for votes in ready.cast(pending)] == [[1, 2], [0]]
    assert (ready.rounds(pending), ready.rounds([]), list(ready.cast([]))) == (2, 0, [])


@st.composite
def tables_of_votes(draw: st.DrawFn) -> pl.DataFrame:
    """A table that Assay might have written for the codebook with many labels."""
    ballots = draw(
        st.sets(st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(MANY.rating_variables)), min_size=1)
    )
    words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
    votes = []
    for segment_id, rating in sorted(ballots, key=str):
        status = draw(st.sampled_from(["ok", "unparsed", "refused", "failed"]))
        label = draw(st.sampled_from(rating.codes)) if status == "ok" else -1
        why, chance = draw(st.none() | words), draw(st.none() | st.floats(0, 1))
        votes.append(Vote(segment_id, "first", rating.name, label, status, why, chance, "m", "h", 0.5))
    return check("votes", votes_frame(votes))


WRITERS = {
    "csv": pl.DataFrame.write_csv,
    "tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    "jsonl": pl.DataFrame.write_ndjson,
    "parquet": pl.DataFrame.write_parquet,
}


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=40)
@given(table=tables_of_votes(), seed=st.integers(0, 9))
def test_votes_of_assay_replayed_are_the_same_votes(
    tmp_path_factory: pytest.TempPathFactory, kind: str, table: pl.DataFrame, seed: int
):
    root = tmp_path_factory.getbasetemp()
    WRITERS[kind](table.sample(fraction=1, shuffle=True, seed=seed), root / f"first.{kind}")
    voter = Voter(name="second", backend="replay", votes=f"first.{kind}", votes_as="first")
    ready = ReplayVoter(voter, root, MANY, ["a", "b", "c", "d"])
    found = votes_frame(vote for vote in cast(ready) if vote.rationale != NO_VOTE)
    kept = ["segment_id", "variable", "label", "status", "rationale", "probability", "model"]
    assert check("votes", found).select(kept).sort(kept[:2]).equals(table.select(kept).sort(kept[:2]))
    assert len(ready.hashes()) == 4 * len(MANY.rating_variables)

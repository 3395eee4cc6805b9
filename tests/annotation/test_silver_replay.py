"""Votes made elsewhere: what a table says is what is voted, and what it does not say is not made up."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from annotation import vote_cli
from annotation.silver.ballots import ReadsVotes, Vote, votes_frame
from annotation.silver.replay import NO_VOTE, ReplayVoter, replay_hashes
from annotation.silver.voting import vote
from core.codebook import Codebook, shipped_codebook
from core.command import group
from core.contracts import check
from core.errors import DataError, SettingsError
from core.setting_tables.voting import Voter
from core.workspace import Workspace

RISK = shipped_codebook("suichat6")
MANY = shipped_codebook("psysuicide11")
PANEL = '[[vote.voters]]\nname = "elsewhere"\nbackend = "replay"\nvotes = "votes.csv"\nfamily = "people"\n'


def replayed(
    folder: Path,
    content: str | bytes,
    name: str = "v.csv",
    codebook: Codebook = RISK,
    ids: tuple[str, ...] = ("s1", "s2"),
    votes_as: str | None = None,
) -> ReplayVoter:
    """A voter called "wu" with this table."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return ReplayVoter(Voter(name="wu", backend="replay", votes=name, votes_as=votes_as), folder, codebook, ids)


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
def test_the_same_votes_written_in_other_ways(tmp_path: Path, name: str, content: str):
    assert said(replayed(tmp_path, content, name)) == [(2, "ok"), (-1, "refused")]


@pytest.mark.parametrize("labels", [[2, None], [2.0, float("nan")], [2, -1], ["2", ""]])
def test_parquet_with_labels_of_any_type(tmp_path: Path, labels: list):
    pl.DataFrame({"segment_id": ["s1", "s2"], "label": labels}).write_parquet(tmp_path / "made.parquet")
    ready = replayed(tmp_path, (tmp_path / "made.parquet").read_bytes(), "v.parquet")
    assert said(ready) == [(2, "ok"), (-1, "refused")]


@pytest.mark.parametrize(
    ("written", "label"), [("1", 1), ("yes", 1), ("TRUE", 1), ("0", 0), ("No", 0), ("false", 0), ("-1", -1), ("", -1)]
)
def test_labels_of_a_variable_with_many_labels_are_yes_and_no(tmp_path: Path, written: str, label: int):
    ready = replayed(tmp_path, f"segment_id,variable,label\ns1,risk:plan,{written}\n", codebook=MANY)
    [plan] = [vote for vote in cast(ready) if vote.ballot == ("s1", "risk:plan")]
    assert (plan.label, plan.status) == (label, "ok" if label >= 0 else "refused")


def test_truth_values_in_json_are_yes_and_no(tmp_path: Path):
    lines = '{"segment_id": "s1", "variable": "risk:plan", "label": true}\n'
    lines += '{"segment_id": "s2", "variable": "risk:plan", "label": 0}\n'
    ready = replayed(tmp_path, lines, "v.jsonl", codebook=MANY)
    assert [vote.label for vote in cast(ready) if vote.variable == "risk:plan"] == [1, 0]


def test_everything_a_row_may_say(tmp_path: Path):
    content = "segment_id,label,status,rationale,probability,model\n"
    content += 's1,2,ok," 他说\n""累了"" ",0.75,some-model\ns2,,failed,no connection,,\n'
    ok, failed = cast(replayed(tmp_path, content))
    assert (ok.voter, ok.rationale, ok.probability, ok.model, ok.seconds) == (
        "wu", ' 他说\n"累了" ', 0.75, "some-model", None
    )  # fmt: skip
    assert (failed.label, failed.status, failed.rationale, failed.model) == (-1, "failed", "no connection", "wu")


@pytest.mark.parametrize("written", ["9", "-2", "7.5", "ideation", "yes", "是"])
def test_a_label_that_does_not_exist_is_never_a_vote(tmp_path: Path, written: str):
    first, _ = cast(replayed(tmp_path, f"segment_id,label,rationale\ns1,{written},because\ns2,0,\n"))
    assert (first.label, first.status) == (-1, "unparsed")
    assert first.rationale == f"{written} is no label of risk: because"


def test_what_the_table_does_not_say_has_failed(tmp_path: Path):
    ready = replayed(tmp_path, "segment_id,label\ns1,3\n", ids=("s0", "s1"))
    assert [(vote.segment_id, vote.label, vote.status, vote.rationale) for vote in cast(ready)] == [
        ("s0", -1, "failed", NO_VOTE),
        ("s1", 3, "ok", None),
    ]


@pytest.mark.parametrize(("votes_as", "label"), [(None, 1), ("li", 2)])
def test_only_the_rows_of_the_voter_count(tmp_path: Path, votes_as: str | None, label: int):
    content = "segment_id,voter,label\ns1,li,2\ns1,wu,1\ns1,han,nonsense\n"
    ready = replayed(tmp_path, content, votes_as=votes_as, ids=("s1",))
    assert said(ready) == [(label, "ok")]
    assert ready.rejected().is_empty()


def test_rows_about_nothing_here_are_kept_with_a_reason(tmp_path: Path):
    content = "segment_id,variable,voter,label,note\ns1,risk,wu,2,\ns9,risk,wu,1,\ns9,risk,li,1,\ns1,rsik,wu,zz,\n"
    content += "s2,risk,,2,\n"
    ready = replayed(tmp_path, content)
    assert isinstance(ready, ReadsVotes)
    assert ready.rejected().select("segment_id", "variable", "voter", "label", "reason").rows() == [
        ("s9", "risk", "wu", "1", "unknown_segment"),
        ("s1", "rsik", "wu", "zz", "unknown_variable"),
        ("s2", "risk", None, "2", "no_voter"),
    ]
    assert said(ready) == [(2, "ok"), (-1, "failed")]


def test_the_same_vote_twice_is_one_vote(tmp_path: Path):
    assert said(replayed(tmp_path, "segment_id,label\ns1,2\ns2,0\ns1,suicidal_ideation\n")) == [(2, "ok"), (0, "ok")]


HEAD = "segment_id,label,status,probability\n"
BAD_TABLES = [
    ("v.csv", "segment,label\ns1,2\n", "lacks segment_id: wanted the columns segment_id.*found segment, label"),
    ("v.csv", "segment_id,code\ns1,2\n", "lacks label"),
    ("v.csv", "segment_id,label\n", "has no votes, only the columns segment_id, label"),
    ("v.csv", "segment_id,label\ns1,2\n,2\n", "line 3: wanted a segment_id in every row"),
    ("v.csv", "segment_id,label\ns1,2\ns2\n", "line 3: .*2 fields"),
    ("v.csv", "segment_id,label\ns1,不\n".encode("gb18030"), "line 2 is in another encoding"),
    ("v.csv", "segment_id,voter,label\ns1,wuu,2\n", "no votes of 'wu' in its column voter; did you mean 'wuu'"),
    ("v.csv", "segment_id,voter,label\ns1,li,2\ns1,han,2\n", "known: han, li Set votes_as of voter 'wu'"),
    ("v.csv", HEAD + "s1,2,okay,\n", "line 2: wanted a status out of ok, unparsed, .*got status 'okay'"),
    ("v.csv", HEAD + "s1,,ok,\n", "line 2: wanted a label where the status is ok"),
    ("v.csv", HEAD + "s2,1,,\ns1,2,refused,\n", "line 3: wanted no label .* got label '2'"),
    ("v.csv", HEAD + "s1,nonsense,failed,\n", "line 2: wanted no label .* got label 'nonsense'"),
    ("v.csv", HEAD + "s1,2,unparsed,\n", "line 2: wanted no label"),
    ("v.csv", HEAD + "s1,2,ok,1.01\n", "line 2: wanted a probability from 0 to 1, or nothing; got probability '1.01'"),
    ("v.csv", HEAD + "s1,2,ok,-0.1\n", "wanted a probability from 0 to 1"),
    ("v.csv", HEAD + "s1,2,ok,high\n", "got probability 'high'"),
    ("v.csv", HEAD + "s1,2,ok,inf\n", "got probability 'inf'"),
    (
        "v.csv",
        'segment_id,label\ns1,"2\n"\n\ns2,0\ns1,3\n',
        "line 2 and line 6 are different votes on 'risk' of .*'s1'",
    ),
    ("v.csv", HEAD + "s1,2,ok,0.5\ns1,2,ok,0.25\n", "line 2 and line 3 are different votes"),
    ("v.jsonl", '{"segment_id": "s1", "label": 2}\n\n{"segment_id": "s1"}', "line 1 and line 3 are different votes"),
    ("v.jsonl", '{"segment_id": "s1"}\n', "lacks label"),
    ("v.parquet", "PAR1", "wanted a Parquet file"),
    ("v.xlsx", "PK", r"wanted votes in a \.csv, .* or \.parquet file"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_TABLES)
def test_a_table_that_cannot_be_replayed(tmp_path: Path, name: str, content: str | bytes, message: str):
    with pytest.raises(DataError, match=message) as refusal:
        replayed(tmp_path, content, name).hashes()
    assert "\n" not in str(refusal.value)


def test_several_variables_need_a_column_that_says_which(tmp_path: Path):
    with pytest.raises(DataError, match="lacks variable: wanted the columns segment_id, variable, label"):
        replayed(tmp_path, "segment_id,label\ns1,1\n", codebook=MANY).hashes()
    with pytest.raises(DataError, match="line 2: wanted a variable in every row"):
        replayed(tmp_path, "segment_id,variable,label\ns1,,1\n", codebook=MANY).hashes()


def test_lists_are_no_labels(tmp_path: Path):
    pl.DataFrame({"segment_id": ["s1"], "label": [[1, 2]]}).write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(DataError, match="wanted text or numbers in the column label; it holds List"):
        replayed(tmp_path, (tmp_path / "lists.parquet").read_bytes(), "v.parquet").hashes()


def test_a_name_to_look_for_needs_a_column_to_look_in(tmp_path: Path):
    with pytest.raises(DataError, match="no column voter in which to look for 'li'"):
        replayed(tmp_path, "segment_id,label\ns1,2\n", votes_as="li").hashes()


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
def test_only_a_row_that_says_something_else_is_a_new_vote(tmp_path: Path, row: str):
    head = "segment_id,label,rationale,probability,model,status\n"
    before = replayed(tmp_path, head + "s1,2,,,,\ns2,1,,,,\n").hashes()
    after = replayed(tmp_path, head + "s2,1.0,,,,ok\n" + row + "\n").hashes()
    assert before["s1", "risk"] != after["s1", "risk"]
    assert before["s2", "risk"] == after["s2", "risk"]


def test_votes_are_cast_in_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("annotation.silver.replay.VOTES_AT_ONCE", 2)
    ready = replayed(tmp_path, "segment_id,label\ns1,2\ns2,0\ns3,1\n", ids=("s1", "s2", "s3"))
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


def app():
    made = group("test")
    vote_cli.mount(made)
    made.command("other")(lambda: None)  # with a single command typer would drop its name
    return made


def run(workspace: Workspace, *options: str):
    return CliRunner().invoke(app(), ["vote", "-w", str(workspace.root), *options])


def rows_for(n: int, **changed: str) -> str:
    """Votes on the first n segments: a mood each, and nobody asks; by segment, a mood may be another."""
    head = "segment_id,variable,label\n"
    made = ((f"{k:016x}", changed.get(f"s{k}", ["plain", "sad", "glad"][k % 3])) for k in range(n))
    return head + "".join(f"{one},mood,{mood}\n{one},asks,no\n" for one, mood in made)


def test_the_command_replays_and_then_says_that_nothing_changed(make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    first = run(workspace)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[2].split()[:5] == ["elsewhere", "people", "6", "6", "100.0%"]
    votes = workspace.store.read("votes/elsewhere")
    assert votes.filter(variable="mood")["label"].to_list() == [0, 1, 3]
    assert run(workspace).stdout == "nothing changed: 6 votes of 1 voters\n"


def test_an_edited_file_is_noticed_and_only_its_changed_rows_are_new(make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    vote(workspace)
    (workspace.root / "votes.csv").write_text(rows_for(3, s1="glad"), encoding="utf-8")
    [turn] = vote(Workspace(workspace.root)).voters
    assert (turn.n, turn.n_new) == (6, 1)
    assert workspace.store.read("votes/elsewhere").filter(variable="mood")["label"].to_list() == [0, 3, 3]


def test_missing_rows_end_the_command_and_are_looked_for_again(make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(2), encoding="utf-8")
    result = run(workspace)
    assert result.exit_code == 1
    assert f"2 votes failed, the first because of elsewhere: {NO_VOTE}" in result.stderr
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    assert json.loads(run(workspace, "--json").stdout)["voters"][0]["n_new"] == 2


def test_the_votes_of_a_table_of_this_very_workspace(make_silver):
    workspace = make_silver(PANEL, n=4)
    (workspace.root / "votes.csv").write_text(rows_for(4), encoding="utf-8")
    vote(workspace)
    other = '[[vote.voters]]\nname = "copy"\nbackend = "replay"\n'
    other += 'votes = "tables/votes/elsewhere.parquet"\nvotes_as = "elsewhere"\n'
    (workspace.root / "assay.toml").write_text(PANEL + other, encoding="utf-8")
    vote(Workspace(workspace.root))
    first, copy = (workspace.store.read(f"votes/{name}").drop("voter") for name in ("elsewhere", "copy"))
    assert first.height == 8
    assert first.equals(copy)


def test_rows_left_out_are_told_every_time_and_kept(make_silver):
    workspace = make_silver(PANEL, n=2)
    more = "".join(f"{k:016x},mood,sad\n" for k in (7, 8)) + f"{0:016x},moods,sad\n"
    (workspace.root / "votes.csv").write_text(rows_for(2) + more, encoding="utf-8")
    for printed in (run(workspace).stdout, run(workspace).stdout):
        assert "elsewhere: 2 rows of its file left out: they name a segment that is not in this workspace" in printed
        assert "elsewhere: 1 rows of its file left out: they name a variable that is none" in printed
    kept = workspace.store.read_rejected("votes/elsewhere")
    assert kept is not None
    assert kept.columns == ["segment_id", "variable", "label", "reason"]
    assert kept["segment_id"].to_list() == [f"{k:016x}" for k in (7, 8, 0)]

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe
from core.workspace import create_workspace, open_workspace, with_options
from segmenter import segmenting
from segmenter.cli import app
from segmenter.segmenting import recipe, segment


@pytest.fixture
def workspace(tmp_path):
    """One chat: three messages a minute apart, then one alone an hour later; the first and the last are suspicious."""
    made = create_workspace(tmp_path / "corpus")
    times = [0, 1, 2, 60]
    rows = [
        {"message_id": f"m{n}", "chat_id": "c", "user_id": f"u{n}", "content": "好累啊", "is_forward": False,
         "timestamp": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=t), "reply_id": None, "edited_at": None}
        for n, t in enumerate(times)
    ]  # fmt: skip
    found = [
        {"message_id": m, "entry_id": "e", "term": "好累", "kind": "implicit", "category": "d", "start": 0, "end": 2}
        for m in ("m0", "m3")
    ]
    made.store.write("messages/c", pl.DataFrame(rows, schema=empty("messages").schema), Recipe(inputs={}))
    made.store.write("matches", pl.DataFrame(found, schema=empty("matches").schema), Recipe(inputs={}))
    return made


def test_segments_and_rejects_are_written_with_their_reasons(workspace):
    report = segment(workspace)
    assert (report.n_suspicious, report.n_segments, report.rejected) == (2, 1, {"too_short": 1})
    assert workspace.store.read("segments")["message_ids"].to_list() == [["m0", "m1", "m2"]]
    assert workspace.store.read_rejected("segments")["reason"].to_list() == ["too_short"]


def test_segmenting_again_changes_nothing(workspace):
    assert [segment(workspace).changed, segment(workspace).changed] == [True, False]


def test_one_segment_is_said_in_the_singular(workspace):
    said = CliRunner().invoke(app, ["-w", str(workspace.root)]).stdout
    assert said.startswith("1 segment around 2 suspicious messages; rejected: 1 too short; ")


def test_options_stand_in_for_settings(workspace):
    result = CliRunner().invoke(app, ["--max-gap", "1", "--json", "-w", str(workspace.root)])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["rejected"] == {"too_short": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-gap", "0"], "segment.max_gap: Input should be greater than 0; it is 0.0"),
        (["--merge", "join"], "segment.merge: Input should be 'union' or 'bounded'; it is 'join'"),
        (["--min-messages", "5", "--max-messages", "4"], "max_messages"),
    ],
)
def test_bad_options_are_one_message_and_exit_1(workspace, options, said):
    result = CliRunner().invoke(app, [*options, "-w", str(workspace.root)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert said in result.stderr


def test_the_search_for_parameters_makes_no_segment_stale(workspace):
    segment(workspace)
    settings = workspace.root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace("sample = 50", "sample = 20"), "utf-8")
    assert "tune" not in recipe(workspace).settings
    assert not segment(open_workspace(workspace.root)).changed


def test_the_merge_rule_is_a_setting(workspace):
    report = segment(with_options(workspace, "segment", {"merge": "bounded"}))
    assert (report.changed, report.parameters["merge"]) == (True, "bounded")


@pytest.mark.parametrize("messages_at_once", [1, 5, 6, 1_000])
def test_chats_in_portions_make_the_same_table(workspace, monkeypatch, messages_at_once):
    """Four messages in c and three in d, where d0 is suspicious."""
    store = workspace.store
    c = store.read("messages")
    d = c.head(3).with_columns(pl.lit("d").alias("chat_id"), ("d" + pl.col("message_id")).alias("message_id"))
    store.write("messages/d", d, Recipe(inputs={}))
    more = store.read("matches").head(1).with_columns(pl.lit("dm0").alias("message_id"))
    store.write("matches", pl.concat([store.read("matches"), more]), Recipe(inputs={}))
    monkeypatch.setattr(segmenting, "MESSAGES_AT_ONCE", messages_at_once)
    assert segment(workspace).n_suspicious == 3
    assert store.read("segments")["message_ids"].to_list() == [["m0", "m1", "m2"], ["dm0", "dm1", "dm2"]]


def test_without_matches_the_message_says_what_to_run(tmp_path):
    empty_one = create_workspace(tmp_path / "corpus")
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*assay collect PATH"):
        segment(empty_one)

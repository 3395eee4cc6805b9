import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe
from core.workspace import create_workspace
from segmenter.cli import app
from segmenter.segmenting import segment


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


def test_options_stand_in_for_settings(workspace):
    result = CliRunner().invoke(app, ["--max-gap", "1", "--json", "-w", str(workspace.root)])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["rejected"] == {"too_short": 2}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-gap", "0"], "segment.max_gap: Input should be greater than 0; it is 0.0"),
        (["--merge", "bounded"], "segment.merge: Input should be 'union' or 'bounded'; it is 'join'"),
        (["--min-messages", "5", "--max-messages", "4"], "max_messages"),
    ],
)
def test_bad_options_are_one_message_and_exit_1(workspace, options, said):
    result = CliRunner().invoke(app, [*options, "-w", str(workspace.root)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert said in result.stderr


def test_without_matches_the_message_says_what_to_run(tmp_path):
    empty_one = create_workspace(tmp_path / "corpus")
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*assay collect PATH"):
        segment(empty_one)

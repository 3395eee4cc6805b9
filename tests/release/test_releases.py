import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl
import pytest
from sqlalchemy import select

from core.contracts import empty
from core.database import open_database, transaction
from core.errors import DataError, WorkspaceError
from core.people import Batch, Event
from core.store import Recipe
from core.workspace import create_workspace
from release.publishing import new_release
from release.staleness import StaleTable

START = datetime(2026, 1, 1, tzinfo=UTC)
SECRET_IDS = ("c" * 32, "a" * 32, "b" * 32)
CHAT, ANN, BEN = SECRET_IDS


def frame(table, rows):
    return pl.DataFrame(rows, schema=empty(table).schema)


def message(number, user, content, reply=None):
    return {
        "message_id": f"m{number}", "chat_id": CHAT, "user_id": user, "reply_id": reply, "content": content,
        "timestamp": START + timedelta(minutes=2 * number), "is_forward": False, "edited_at": None,
    }  # fmt: skip


def segment(number, ids):
    return {
        "segment_id": f"{number:016x}", "chat_id": CHAT, "message_ids": ids, "suspicious_message_ids": ids[:1],
        "suspicious_message_id": ids[0], "at_risk_user_id": ANN, "start": START, "end": START, "n_messages": len(ids),
        "n_users": 2, "n_chars": 9, "n_signals": 1, "risk_level": None,
    }  # fmt: skip


def verdict(number, label):
    accepted = label is not None
    return {
        "segment_id": f"{number:016x}", "variable": "risk", "label": label, "rho": 0.75 if accepted else 0.5,
        "accepted": accepted, "n_valid": 4, "n_panel": 4, "runner_up": 0,
        "reason": "accepted" if accepted else "no_consensus",
    }  # fmt: skip


@pytest.fixture
def corpus(tmp_path):
    """Three segments: one with silver only, one with gold over no consensus, one with neither."""
    workspace = create_workspace(tmp_path / "corpus")
    messages = [
        message(1, ANN, "我好难受啊"),
        message(2, BEN, "抱抱你呀 <b>", "m1"),
        message(3, ANN, "又失眠了"),
        message(4, ANN, "晚安各位"),
    ]
    store, recipe = workspace.store, Recipe(inputs={})
    store.write(f"messages/{CHAT}", frame("messages", messages), recipe)
    store.write("matches", empty("matches"), recipe)
    store.write(
        "segments", frame("segments", [segment(1, ["m1", "m2"]), segment(2, ["m3"]), segment(3, ["m4"])]), recipe
    )
    store.write("verdicts", frame("verdicts", [verdict(1, 1), verdict(2, None), verdict(3, None)]), recipe)
    return workspace, open_database(workspace)


def write_gold(workspace, simulated=()):
    gold = [
        {
            "segment_id": f"{2:016x}",
            "variable": "risk",
            "label": 2,
            "source": "majority",
            "n_raters": 3,
            "locked_at": START,
        }
    ]
    workspace.store.write(
        "gold", frame("gold", gold), Recipe(inputs={}, settings={"simulated_raters": list(simulated)})
    )


def released(report):
    return [json.loads(line) for line in (report.folder / "data.jsonl").read_text("utf-8").splitlines()]


def test_a_row_is_the_four_tuple_with_gold_before_silver(corpus):
    write_gold(corpus[0])
    first, second = released(new_release(*corpus))
    assert (first["risk"], first["risk__source"], first["risk__rho"], first["risk_level"]) == (1, "silver", 0.75, 1)
    assert (second["risk"], second["risk__source"], second["risk__silver"], second["risk_level"]) == (
        2,
        "majority",
        None,
        2,
    )
    assert (first["suspicious_message"], first["at_risk_user"]) == ("我好难受啊", "user_1")


def test_the_chat_segment_has_aliases_and_gaps(corpus):
    first = released(new_release(*corpus))[0]
    assert first["chat_segment"] == [
        {"n": 1, "user": "user_1", "text": "我好难受啊", "gap_minutes": 0.0, "reply_to": None, "suspicious": True},
        {"n": 2, "user": "user_2", "text": "抱抱你呀 <b>", "gap_minutes": 2.0, "reply_to": 1, "suspicious": False},
    ]


def test_parquet_and_jsonl_hold_the_same_rows(corpus):
    write_gold(corpus[0])
    report = new_release(*corpus)
    assert pl.read_parquet(report.folder / "data.parquet").to_dicts() == released(report)


def test_no_pseudonym_leaves_the_workspace(corpus):
    report = new_release(*corpus)
    written = b"".join(path.read_bytes() for path in report.folder.iterdir())
    assert [secret for secret in SECRET_IDS if secret.encode() in written] == []


def test_checksums_are_of_the_files(corpus):
    folder = new_release(*corpus).folder
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        name: sha256((folder / name).read_bytes()).hexdigest()
        for name in ("README.md", "codebook.toml", "data.jsonl", "data.parquet")
    }


def test_simulated_labels_are_refused_unless_allowed_and_then_marked(corpus):
    write_gold(corpus[0], simulated=["sim_1"])
    with pytest.raises(DataError, match=r"simulated annotators \(sim_1\).*--allow-simulated"):
        new_release(*corpus)
    assert list(corpus[0].releases.iterdir()) == []
    report = new_release(*corpus, allow_simulated=True)
    assert "**Simulated labels.**" in (report.folder / "README.md").read_text("utf-8")


def test_the_readme_counts_labels_and_tells_agreement(corpus):
    kappa = {"value": 0.5, "low": 0.25, "high": 0.75, "method": "m", "reason": None}
    with transaction(corpus[1]) as session:
        stored = {"variables": {"risk": {"fleiss_kappa": kappa}}}
        session.add(
            Batch(name="b1", state="closed", overlap=3, seed=1, codebook_hash="h", created_at=START, agreement=stored)
        )
    write_gold(corpus[0])
    text = (new_release(*corpus).folder / "README.md").read_text("utf-8")
    assert "| 1 | Depressive emotion | 0 | 1 |" in text
    assert "| 2 | Suicidal ideation | 1 | 0 |" in text
    assert "| b1 | `risk` | 0.500 | 0.250 to 0.750 |" in text


def test_releases_are_numbered_and_never_replaced(corpus):
    assert [new_release(*corpus).name for _ in range(2)] == ["v1", "v2"]
    with pytest.raises(WorkspaceError, match="'v1' exists already and is never replaced"):
        new_release(*corpus, "v1")


def test_a_release_leaves_an_event(corpus):
    new_release(*corpus, "pilot")
    with transaction(corpus[1]) as session:
        event = session.scalars(select(Event)).one()
    assert (event.action, event.subject, event.detail) == (
        "released",
        "pilot",
        {"rows": 1, "gold": 0, "simulated": False, "stale": {}},
    )


OLD = StaleTable("verdicts", ("codebook changed",), "assay gate")
LEARNED = StaleTable("votes", ("gold changed",), "assay vote", blocks=False)


def test_tables_that_are_out_of_date_are_not_released(corpus):
    with pytest.raises(DataError, match=r"out of date: verdicts \(codebook changed\), made again by: assay gate\."):
        new_release(*corpus, stale=[LEARNED, OLD])
    assert list(corpus[0].releases.iterdir()) == []


def test_on_request_they_are_and_everything_says_so(corpus):
    report = new_release(*corpus, stale=[LEARNED, OLD], allow_stale=True)
    text = (report.folder / "README.md").read_text("utf-8")
    assert "> **Out of date.** These tables were not what the inputs" in text
    assert ">\n> - `verdicts`: codebook changed\n\n" in text
    assert report.as_json()["stale"][1] == {
        "table": "verdicts", "why": ("codebook changed",), "command": "assay gate", "blocks": True,
    }  # fmt: skip
    with transaction(corpus[1]) as session:
        detail = session.scalars(select(Event)).one().detail
    assert detail["stale"] == {"votes": ["gold changed"], "verdicts": ["codebook changed"]}


def test_votes_that_did_not_learn_from_the_latest_gold_are_released_and_told(corpus):
    text = (new_release(*corpus, stale=[LEARNED]).folder / "README.md").read_text("utf-8")
    assert "Out of date" not in text
    assert "from changed: `votes` (gold changed).\n" in text


def test_fresh_tables_need_no_word(corpus):
    text = (new_release(*corpus, allow_stale=True).folder / "README.md").read_text("utf-8")
    assert "Out of date" not in text
    assert "Not made again" not in text


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "名"])
def test_a_name_that_could_leave_the_folder_is_refused(corpus, name):
    with pytest.raises(DataError, match="a release name is made of"):
        new_release(*corpus, name)


def test_without_labels_there_is_nothing_to_release(corpus):
    corpus[0].store.write("verdicts", frame("verdicts", [verdict(1, None)]), Recipe(inputs={}))
    with pytest.raises(DataError, match="no segment has a label yet; run: assay gate"):
        new_release(*corpus)
    assert list(corpus[0].releases.iterdir()) == []

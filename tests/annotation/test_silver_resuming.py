"""A run that is killed or otherwise disturbed: the votes end up the same, and no answer is asked for twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from annotation.silver import journal as journals
from annotation.silver.ballots import Vote
from annotation.silver.journal import Journal
from annotation.silver.voting import vote
from core.errors import WorkspaceError
from core.scripted_llm import Scripted, ScriptedServer, says
from core.workspace import Workspace

RUN = "import sys; from pathlib import Path; from core.workspace import open_workspace; "
RUN += "from annotation.silver.voting import vote; vote(open_workspace(Path(sys.argv[1])))"
A_VOTE = Vote("s1", "llm", "mood", 1, "ok", "低落\n因为", None, "m", "h", 0.5)


def slowly(body: dict) -> Scripted:
    """The same answer to the same prompt, after a while."""
    number = int(re.findall(r"第(\d+)次", body["messages"][1]["content"])[0])
    return says(
        json.dumps({"rationale": f"r{number}", "labels": {"mood": [0, 1, 3][number % 3], "asks": 0}}), delay=0.03
    )


def prompts(server: ScriptedServer) -> Counter:
    return Counter(body["messages"][1]["content"] for body in server.asked)


def kill_after(server: ScriptedServer, workspace: Workspace, n_asked: int) -> None:
    """Start a voting process and kill it with SIGKILL once the server has been asked so many times."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(workspace.root)])
    deadline = time.monotonic() + 60
    while len(server.asked) < n_asked and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def wait_until_idle(server: ScriptedServer) -> None:
    while server.under_way:
        time.sleep(0.01)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_with_the_votes_of_an_undisturbed_one(make_silver, chat_panel, model_server):
    whole, killed = (make_silver("", n=40, name=name) for name in ("whole", "killed"))
    calm, server = model_server(slowly), model_server(slowly)
    (whole.root / "assay.toml").write_text(chat_panel(calm, extra="concurrency = 3"), encoding="utf-8")
    (killed.root / "assay.toml").write_text(chat_panel(server, extra="concurrency = 3"), encoding="utf-8")
    vote(Workspace(whole.root))
    for n_asked in (8, 20):
        kill_after(server, killed, n_asked)
        wait_until_idle(server)
    assert not killed.store.exists("votes/llm")
    journaled = (killed.cache / "votes" / "llm.jsonl").read_text(encoding="utf-8").count('"mood"')
    assert 14 <= journaled < 40
    shutil.rmtree(killed.cache / "llm")  # the journal alone must be enough
    vote(Workspace(killed.root))
    asked_twice = [text for text, n in prompts(server).items() if n > 1]
    assert len(asked_twice) <= 2 * 3  # at each kill, at most what was under way
    assert len(server.asked) == 40 + sum(prompts(server)[text] - 1 for text in asked_twice)
    same = [w.store.read("votes/llm").drop("seconds") for w in (whole, killed)]
    assert same[0].equals(same[1])
    assert len(calm.asked) == 40


def test_nothing_journaled_is_asked_again(make_silver, chat_panel, model_server, tmp_path: Path):
    server = model_server(slowly)
    workspace = make_silver(chat_panel(server), n=6)
    vote(workspace)
    rows = [Vote(**row) for row in workspace.store.read("votes/llm").iter_rows(named=True)]
    workspace.store.path("votes/llm").unlink()
    shutil.rmtree(workspace.cache / "llm")
    with Journal(workspace.cache / "votes" / "llm.jsonl") as journal:
        journal.append(rows[:8])
    server.asked.clear()
    vote(Workspace(workspace.root))
    assert len(server.asked) == 2
    assert workspace.store.read("votes/llm").drop("seconds").rows() == [tuple(vars(row).values())[:-1] for row in rows]


def test_a_journal_of_another_question_is_worth_nothing(make_silver, chat_panel, model_server):
    server = model_server(slowly)
    workspace = make_silver(chat_panel(server), n=2)
    with Journal(workspace.cache / "votes" / "llm.jsonl") as journal:
        journal.append([replace(A_VOTE, segment_id=f"{0:016x}")])
    vote(workspace)
    assert len(server.asked) == 2


def test_answers_kept_on_disk_are_not_asked_for_again(make_silver, chat_panel, model_server):
    server = model_server(slowly)
    workspace = make_silver(chat_panel(server), n=4)
    vote(workspace)
    before = workspace.store.read("votes/llm")
    workspace.store.path("votes/llm").unlink()
    vote(Workspace(workspace.root))
    assert len(server.asked) == 4
    assert workspace.store.read("votes/llm").equals(before)


def test_a_journal_gives_back_what_it_was_given(tmp_path: Path):
    votes = [A_VOTE, replace(A_VOTE, segment_id="s2", label=-1, status="refused", rationale=None)]
    with Journal(tmp_path / "v" / "llm.jsonl") as journal:
        journal.append(votes)
    with Journal(tmp_path / "v" / "llm.jsonl") as journal:
        assert journal.read() == votes


def test_failed_votes_are_not_journaled(tmp_path: Path):
    with Journal(tmp_path / "llm.jsonl") as journal:
        journal.append([replace(A_VOTE, label=-1, status="failed")])
        assert journal.read() == []


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_that_was_cut_off_is_forgotten_and_the_next_one_whole(tmp_path: Path, cut: int):
    path = tmp_path / "llm.jsonl"
    with Journal(path) as journal:
        journal.append([A_VOTE, replace(A_VOTE, segment_id="s2")])
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert journal.read() == [A_VOTE]
        journal.append([replace(A_VOTE, segment_id="s3")])
        assert [vote.segment_id for vote in journal.read()] == ["s1", "s3"]


@pytest.mark.parametrize(
    "damage",
    [
        {"label": "abc"}, {"label": True}, {"label": 1.0}, {"label": -1}, {"status": "good"}, {"status": "refused"},
        {"seconds": "a"}, {"probability": 7}, {"probability": -0.1}, {"rationale": 3}, {"segment_id": None},
    ],
)  # fmt: skip
def test_a_vote_that_can_be_none_is_skipped(tmp_path: Path, damage: dict):
    path = tmp_path / "llm.jsonl"
    path.write_text(json.dumps({**vars(A_VOTE), **damage}) + "\n", encoding="utf-8")
    with Journal(path) as journal:
        assert journal.read() == []


def test_a_line_that_makes_no_sense_is_skipped(tmp_path: Path):
    path = tmp_path / "llm.jsonl"
    path.write_bytes(b'\xff\xfe\n{"segment_id": "s"}\n[1]\n\n')
    with Journal(path) as journal:
        journal.append([A_VOTE])
        assert journal.read() == [A_VOTE]


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_one_process_at_a_time_casts_a_voters_votes(tmp_path: Path):
    with Journal(tmp_path / "llm.jsonl"), pytest.raises(WorkspaceError, match="another assay vote"):
        Journal(tmp_path / "llm.jsonl").__enter__()
    with Journal(tmp_path / "llm.jsonl") as journal:
        assert journal.read() == []


def test_a_cache_folder_that_cannot_be_written_is_one_clear_message(tmp_path: Path):
    (tmp_path / "votes").write_text("a file where a folder should be")
    with pytest.raises(WorkspaceError, match=r"could not write llm.jsonl: .*; free some space"):
        Journal(tmp_path / "votes" / "llm.jsonl").__enter__()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_clear_message(tmp_path: Path):
    (tmp_path / "llm.jsonl").symlink_to("/dev/full")
    with Journal(tmp_path / "llm.jsonl") as journal, pytest.raises(WorkspaceError, match="No space left on device"):
        journal.append([A_VOTE])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits there")
def test_votes_that_the_disk_took_a_part_of_leave_nothing_behind(tmp_path: Path):
    import resource

    path = tmp_path / "llm.jsonl"
    with Journal(path) as journal:
        journal.append([A_VOTE])
        size, limits = path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
        try:
            with pytest.raises(WorkspaceError, match=r"could not write llm\.jsonl"):
                journal.append([replace(A_VOTE, segment_id="s2")])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.stat().st_size == size
        journal.append([replace(A_VOTE, segment_id="s3")])
        assert [vote.segment_id for vote in journal.read()] == ["s1", "s3"]


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_a_journal_that_was_discarded_while_it_was_opened_is_opened_anew(tmp_path: Path, monkeypatch):
    path, really, calls = tmp_path / "llm.jsonl", journals._hold, []

    def hold(stream, name):
        really(stream, name)
        if not calls:
            path.unlink()
        calls.append(name)

    monkeypatch.setattr(journals, "_hold", hold)
    with Journal(path) as journal:
        journal.append([A_VOTE])
        assert len(calls) == 2
        assert path.read_text(encoding="utf-8").count("\n") == 1


def test_a_voters_table_is_not_written_over_by_a_run_that_read_it_too_early(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=3)
    with Journal(workspace.cache / "votes" / "llm.jsonl"), pytest.raises(WorkspaceError, match="another assay vote"):
        vote(workspace)
    assert not workspace.store.exists("votes/llm")
    vote(workspace)
    assert workspace.store.read("votes/llm").height == 6

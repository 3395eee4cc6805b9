"""Bad input through the command line: one clear message, exit 1, no traceback, earlier tables intact."""

import hashlib
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.main import build
from app.workspaces import init

CHAT = {"name": "群", "type": "public_supergroup", "id": 1_234_567_890}


def export(n):
    messages = [
        {"id": k, "type": "message", "date_unixtime": str(1_700_000_000 + 60 * k),
         "from_id": f"user{555_000_111 + k % 3}", "text": f"今天第{k}次说我好累"}
        for k in range(1, n + 1)
    ]  # fmt: skip
    return json.dumps({**CHAT, "messages": messages}, ensure_ascii=False)


@pytest.fixture
def corpus(tmp_path):
    """A workspace that has collected three messages."""
    root = init(tmp_path / "corpus", "suichat6").root
    (tmp_path / "first.json").write_text(export(3), encoding="utf-8")
    assert assay("collect", tmp_path / "first.json", "-w", root).exit_code == 0
    return root


def assay(*arguments):
    """The command line in this process; an exception that it does not translate fails the test."""
    return CliRunner().invoke(build(), [str(argument) for argument in arguments], catch_exceptions=False)


def assay_on_a_small_disk(*arguments):
    """The command line in a process that may write no file over 20 kB: the system refuses the write itself."""

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    command = [Path(sys.executable).with_name("assay"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=small_files)


def tables(root):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / "tables").rglob("*.parquet")}


def one_message(done):
    lines = done.stderr.strip().splitlines()
    code = done.returncode if isinstance(done, subprocess.CompletedProcess) else done.exit_code
    assert code == 1, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("assay: ")
    assert done.stdout == ""
    return lines[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.json", export(9).encode()[:-40], "cut.json"),
        ("gbk.json", export(3).encode("gbk"), "UTF-8"),
        ("gbk.csv", "message_id,user_id,timestamp,content\n1,2,2024-01-01,累".encode("gbk"), "UTF-8"),
        ("short.csv", b"message_id,user_id,timestamp\n1,2,2024-01-01\n", "content"),
        ("empty.json", b"", "empty.json"),
        ("other.json", b'{"a": 1}', "messages"),
        ("picture.png", b"\x89PNG\r\n", "picture.png"),
    ],
)
def test_a_bad_export_changes_nothing(corpus, tmp_path, name, content, said):
    before = tables(corpus)
    (tmp_path / name).write_bytes(content)
    assert said in one_message(assay("collect", tmp_path / name, "-w", corpus))
    assert tables(corpus) == before


def test_a_codebook_whose_tree_points_nowhere(corpus):
    text = (Path(__file__).parents[2] / "core/codebooks/ideation4.toml").read_text("utf-8")
    (corpus / "codebook.toml").write_text(text.replace('to = "label:attempt"', 'to = "label:atempt"'), encoding="utf-8")
    message = one_message(assay("status", "-w", corpus))
    assert "points to label 'atempt'; did you mean 'attempt'" in message


def test_an_unknown_setting(corpus):
    with (corpus / "assay.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[anotate]\noverlap = 3\n")
    assert "unknown key 'anotate'; did you mean 'annotate'" in one_message(assay("status", "-w", corpus))


def test_a_missing_key_file(corpus, tmp_path):
    before = tables(corpus)
    (corpus / "secrets" / "pseudonym.key").unlink()
    (tmp_path / "more.json").write_text(export(9), encoding="utf-8")
    assert "pseudonym.key" in one_message(assay("collect", tmp_path / "more.json", "-w", corpus))
    assert tables(corpus) == before


def test_a_full_disk(corpus, tmp_path):
    before = tables(corpus)
    (tmp_path / "more.json").write_text(export(3_000), encoding="utf-8")
    message = one_message(assay_on_a_small_disk("collect", tmp_path / "more.json", "-w", corpus))
    assert "could not write" in message
    assert tables(corpus) == before
    assert assay("collect", tmp_path / "more.json", "-w", corpus).exit_code == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["lexicon", "match"], "assay lexicon freeze"),
        (["lexicon", "freeze"], "assay lexicon import"),
        (["segment"], "assay lexicon match"),
        (["vote"], "assay segment"),
        (["gate"], "assay segment"),
        (["batch", "new"], "assay gate"),
        (["batch", "close", "none"], "none"),
        (["resolve"], "assay batch close"),
        (["release", "new"], "assay segment"),
    ],
)
def test_a_stage_that_comes_too_early_names_the_command_before_it(corpus, command, said):
    assert said in one_message(assay(*command, "-w", corpus))


def test_a_folder_that_is_no_workspace(tmp_path):
    assert "assay init" in one_message(assay("status", "-w", tmp_path))


def test_wrong_usage_is_exit_2():
    assert [assay("collect").exit_code, assay("nonsense").exit_code] == [2, 2]

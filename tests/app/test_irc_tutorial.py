"""The tutorial on a real IRC channel, walked as its page says, on the real export where that is present."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import tomlkit
from typer.testing import CliRunner

from app.main import build
from core.codebook import load_codebook
from core.store import Store, file_sha256
from core.workspace import Workspace, open_workspace
from lexicon.entries import read_entries

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "irc"
TUTORIAL = (ROOT / "docs" / "tutorial-irc.md").read_text(encoding="utf-8")
EXPORT = ROOT.parent / "shared" / "data" / "ubuntu-irc" / "result.json"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)
needs_export = pytest.mark.skipif(not EXPORT.is_file(), reason=f"the real chat is absent: no {EXPORT}")


@dataclass(frozen=True)
class Road:
    """The workspace of the tutorial after its last command. said: command → the JSON object that it printed."""

    workspace: Workspace
    said: dict[str, dict[str, Any]]

    @property
    def store(self) -> Store:
        return self.workspace.store


def assay(command: str) -> dict[str, Any]:
    """Run a command line of the page, in this process, for its JSON."""
    done = CliRunner().invoke(build(), [*shlex.split(command)[1:], "--json"])
    assert done.exit_code == 0, f"{command}: {done.output}"
    return json.loads(done.stdout)


def set_settings(changes: str) -> None:
    """Write the lines of the page's settings block into assay.toml."""
    file = Path("irc/assay.toml")
    settings: Any = tomlkit.parse(file.read_text(encoding="utf-8"))
    for table, values in tomlkit.parse(changes).unwrap().items():
        assert values.keys() <= settings[table].keys()
        settings[table].update(values)
    file.write_text(tomlkit.dumps(settings), encoding="utf-8")


def walk() -> Iterator[tuple[str, dict[str, Any]]]:
    """Do what the page says, block by block; fetching and converting the corpus aside."""
    for kind, block in BLOCK.findall(TUTORIAL):
        if kind == "toml":
            set_settings(block)
        for command in block.splitlines() if kind == "sh" else ():
            if command.startswith("assay "):
                yield command, assay(command)
            else:
                assert command.startswith(("git clone ", "python examples/irc/convert_irc.py "))


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "irc-export").symlink_to(EXPORT.parent)
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        patch.delenv("ASSAY_DATABASE_URL", raising=False)
        said = dict(walk())
        yield Road(open_workspace(folder / "irc"), said)


@pytest.fixture(scope="module")
def raw() -> list[dict[str, Any]]:
    return json.loads(EXPORT.read_text(encoding="utf-8"))["messages"]


def test_the_codebook_has_twenty_examples_a_label_and_some_context() -> None:
    codebook = load_codebook(EXAMPLES / "codebook.toml")
    counts = Counter(example.labels["act"] for example in codebook.examples)
    assert [variable.name for variable in codebook.rating_variables] == ["act"]
    assert len(counts) == 4
    assert min(counts.values()) >= 20
    assert sum(bool(example.before or example.after) for example in codebook.examples) >= 20


def test_the_trouble_terms_are_of_both_kinds() -> None:
    kinds = Counter(entry.kind for entry in read_entries(EXAMPLES / "trouble_terms.csv"))
    assert kinds == {"explicit": 47, "implicit": 15}


@needs_export
def test_no_real_message_is_in_the_examples(raw: list[dict[str, Any]]) -> None:
    said = {message["text"].strip().casefold() for message in raw if isinstance(message["text"], str)}
    lines = [line for example in load_codebook(EXAMPLES / "codebook.toml").examples for line in example.lines()]
    assert [line for line in lines if line.casefold() in said] == []


@needs_export
@pytest.mark.slow
def test_every_message_is_kept_or_dropped_for_a_reason(road: Road) -> None:
    report = road.said["assay collect irc-export/result.json -w irc"]
    assert report["read"] == 12_500
    assert report["kept"] + sum(report["dropped"].values()) == 12_500
    assert road.store.read("messages").height == report["kept"]
    rejected = road.store.read_rejected("messages")
    assert rejected is not None
    assert dict(rejected["reason"].value_counts().iter_rows()) == report["dropped"]


@needs_export
@pytest.mark.slow
def test_every_suspicious_message_is_in_exactly_one_kept_or_rejected_segment(road: Road) -> None:
    rejected = road.store.read_rejected("segments")
    assert rejected is not None
    held = [*road.store.read("segments")["suspicious_message_ids"], *rejected["suspicious_message_ids"]]
    suspicious = road.store.read("matches")["message_id"].unique()
    assert sorted(message for ids in held for message in ids) == sorted(suspicious)


@needs_export
@pytest.mark.slow
def test_every_segment_has_a_vote_of_each_voter_and_one_verdict(road: Road) -> None:
    segments = road.store.read("segments")["segment_id"].to_list()
    votes, verdicts = road.store.read("votes"), road.store.read("verdicts")
    assert sorted(verdicts.select("segment_id", "variable").iter_rows()) == sorted((one, "act") for one in segments)
    assert votes.group_by("voter").len().select("len").unique().rows() == [(len(segments),)]
    assert votes["voter"].n_unique() == 17
    outcomes = road.said["assay gate -w irc"]["variables"]["act"]
    shown = ("n_accepted", "n_no_consensus", "n_no_valid_votes", "n_below_quorum")
    assert sum(outcomes[key] for key in shown) == outcomes["n_items"] == len(segments)


@needs_export
@pytest.mark.slow
def test_the_page_tells_the_figures_as_they_fall(road: Road) -> None:
    # What the voters make of it is left out: it may differ by a vote under another version of a numerical library.
    collected, matched = (
        road.said[f"assay {name} -w irc"] for name in ("collect irc-export/result.json", "lexicon match")
    )
    told = [f"{reason} +{n}\n" for reason, n in collected["dropped"].items()]
    told += [
        f"kept +{collected['kept']:,}\n",
        f"holds {collected['messages']:,} messages of {collected['users']:,} users",
    ]
    told += [f"^Replies to a message that is not in it: {collected['missing_reply_targets']}\\."]
    told += [f"Placeholders in it: .*{n:,} {kind}" for kind, n in collected["placeholders"].items() if n]
    told += [f"match {matched['n_matches']:,} times, in {matched['n_messages']} of"]
    segmented = road.said["assay segment -w irc"]
    told += [f"{segmented['n_segments']} segments around {segmented['n_suspicious']} suspicious messages"]
    assert [words for words in told if re.search(words, TUTORIAL, re.MULTILINE) is None] == []


def texts_in(file: Path) -> Iterator[str]:
    """The bytes of a file as text, and of a Parquet file, whose bytes are compressed, every cell as well."""
    yield file.read_bytes().decode("latin-1")
    if file.suffix == ".parquet":
        yield pl.read_parquet(file).write_ndjson()


@needs_export
@pytest.mark.slow
def test_no_raw_id_of_the_export_is_anywhere_in_the_workspace(road: Road, raw: list[dict[str, Any]]) -> None:
    planted = {message["from_id"] for message in raw if "from_id" in message} | {"1009009009"}
    found = re.compile("|".join(sorted(planted)))
    assert len(planted) == 1220
    files = [path for path in road.workspace.root.rglob("*") if path.is_file()]
    assert len(files) > 30
    assert [str(file) for file in files if any(found.search(text) for text in texts_in(file))] == []


@needs_export
@pytest.mark.slow
def test_nicknames_stand_nowhere_but_in_the_text_of_messages(road: Road, raw: list[dict[str, Any]]) -> None:
    # Only those that cannot be a word: there are people called "strange" and "system".
    unlike_words = re.compile(r"(?=.{6})(?=.*[0-9_|`^\[\]])")
    nicknames = {message["from"] for message in raw if "from" in message and unlike_words.match(message["from"])}
    assert len(nicknames) > 250
    found = re.compile("|".join(map(re.escape, sorted(nicknames))))
    tables = [road.store.read(name) for name in ("messages", "matches", "segments", "votes", "verdicts")]
    assert [table.columns for table in tables if found.search(table.drop("content", strict=False).write_ndjson())] == []
    others = [path for path in road.workspace.root.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    assert [path.name for path in others if found.search(path.read_bytes().decode("latin-1"))] == []


@needs_export
@pytest.mark.slow
def test_walked_again_nothing_changes(road: Road) -> None:
    tables = road.workspace.root / "tables"
    before = {path: file_sha256(path) for path in tables.rglob("*") if path.is_file()}
    with chdir(road.workspace.root.parent):
        again = {command: assay(command) for command in road.said if not command.startswith("assay init")}
    assert [command for command, said in again.items() if said.get("changed")] == []
    assert {command.split()[1] for command, said in again.items() if said.get("changed") is False} == {
        "collect", "lexicon", "segment", "vote", "gate",
    }  # fmt: skip
    assert again["assay lexicon import examples/irc/trouble_terms.csv -w irc"]["unchanged"] == 62
    assert {path: file_sha256(path) for path in tables.rglob("*") if path.is_file()} == before

"""From exported posts to candidates, what Telegram tells about them, and decisions that the audit log remembers."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from collector.candidates import Candidates
from collector.discovery import decide, discover, open_candidates
from collector.posts import posts
from core.database import open_database, transaction
from core.errors import DataError
from core.people import Event
from core.workspace import Workspace

NAMES = [b"night_talk", b"day_talk", b"AbCdEf_gHi-12345", "今天".encode()]


@pytest.fixture
def candidates(keyed) -> Candidates:
    return open_candidates(keyed)


def written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def lines(folder: Path, *texts: str, name: str = "posts.jsonl") -> Path:
    return written(folder, name, "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts))


def table(candidates: Candidates) -> dict[str, tuple[int, int, int]]:
    return {row.link: (row.mentions, row.posts, len(row.sources)) for row in candidates}


def events(workspace: Workspace) -> list[Event]:
    with transaction(open_database(workspace)) as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def traces(workspace: Workspace) -> list[tuple[str, bytes]]:
    files = [path for path in workspace.root.rglob("*") if path.is_file() and path.name != "codebook.toml"]
    return [(path.name, name) for path in files for name in NAMES if name in path.read_bytes()]


FORMATS = [
    (
        "a.jsonl",
        '{"id": 1, "user": {"bio": "@someone"}, "text": ["今天 t.me/night_talk", {"url": "https://t.me/x_y_z"}]}\n',
    ),
    ("a.json", '[{"text": "今天 t.me/night_talk"}, "t.me/x_y_z"]'),
    ("a.json", '{"text": "今天 t.me/night_talk"}\n{"text": "t.me/x_y_z"}\n'),
    ("a.csv", 'id,text,link\n1,"今天,\n来 t.me/night_talk",t.me/x_y_z\n'),
    ("a.tsv", "id\ttext\n1\t今天 t.me/night_talk 和 t.me/x_y_z\n"),
    ("a.txt", "今天\nt.me/night_talk\n\nt.me/x_y_z\n"),
    ("a.md", "\ufeff今天 [群](https://t.me/night_talk) <https://t.me/x_y_z>"),
    ("a.jsonl", '{"broken": "t.me/night_talk\nt.me/x_y_z {"\n'),
    ("a.csv", 'text\n"never closed t.me/night_talk and t.me/x_y_z\n'),
]


@pytest.mark.parametrize(("name", "content"), FORMATS)
def test_all_texts_of_a_file_are_searched_whatever_their_columns(keyed, candidates, tmp_path, name, content):
    discover(keyed, candidates, [written(tmp_path, name, content)])
    assert sorted(table(open_candidates(keyed))) == ["@night_talk", "@x_y_z"]


def test_posts_are_told_apart(tmp_path):
    assert list(posts(written(tmp_path, "a.csv", "text,n\n一,1\n二,2\n"))) == ["text\nn", "一\n1", "二\n2"]
    assert list(posts(lines(tmp_path, "一", "二"))) == ["一", "二"]
    deep = "[" * 50_000 + "]" * 50_000
    assert list(posts(written(tmp_path, "b.jsonl", f'{deep}\n{{"a": 5}}\n'))) == [deep + "\n", ""]


def test_mentions_posts_and_files_are_counted(keyed, candidates, tmp_path):
    first = lines(tmp_path, "t.me/night_talk 和 T.me/Night_Talk", "没有", "t.me/night_talk t.me/day_talk")
    second = lines(tmp_path, "t.me/night_talk t.me/c/5/6 t.me/some_bot t.me/+8613800138000", name="b.jsonl")
    report = discover(keyed, candidates, [first, second])
    assert table(candidates) == {"@night_talk": (4, 3, 2), "@day_talk": (1, 1, 1)}
    assert (report.posts, report.mentions, report.new) == (4, 5, 2)
    assert report.left_out == {"private": 1, "bot": 1, "person": 1}


def test_a_file_counts_once(keyed, candidates, tmp_path):
    file = lines(tmp_path, "t.me/night_talk")
    discover(keyed, candidates, [file, file])
    report = discover(keyed, open_candidates(keyed), [file])
    assert (report.files, report.files_known, report.posts) == (1, 1, 0)
    assert table(open_candidates(keyed)) == {"@night_talk": (1, 1, 1)}


def test_no_name_lies_on_the_disk_in_clear(keyed, candidates, tmp_path):
    file = lines(tmp_path, "今天 t.me/night_talk t.me/day_talk t.me/+AbCdEf_gHi-12345")
    discover(keyed, candidates, [file])
    decide(keyed, candidates, "t.me/night_talk", "include", "open peer group")
    assert traces(keyed) == []
    assert (keyed.secrets / "candidates.sealed").stat().st_mode & 0o777 == 0o600


def test_the_audit_log_holds_pseudonym_counts_decision_and_reason(keyed, candidates, tmp_path):
    discover(keyed, candidates, [lines(tmp_path, "t.me/night_talk", "t.me/night_talk")])
    decide(keyed, candidates, "night_talk", "include", "公开的互助群")
    decide(keyed, candidates, "@Night_Talk", "exclude", "管理员不同意 https://example.com")
    found, *decisions = events(keyed)
    assert (found.action, found.detail["mentions"], found.detail["new"]) == ("discovered", 2, 1)
    assert [(e.action, e.detail["decision"], e.detail["reason"]) for e in decisions] == [
        ("candidate_decided", "include", "公开的互助群"),
        ("candidate_decided", "exclude", "管理员不同意"),
    ]
    assert {e.subject for e in decisions} == {candidates.pseudonym("@night_talk")}
    assert decisions[0].detail["mentions"] == 2


def test_the_pseudonym_is_that_of_the_key(keyed, candidates, tmp_path):
    other = Workspace(keyed.root)
    assert open_candidates(other).pseudonym("@night_talk") == candidates.pseudonym("@night_talk")
    assert len(candidates.pseudonym("@night_talk")) == 32
    assert candidates.pseudonym("@night_talk") != candidates.pseudonym("@day_talk")


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("not a group!", "because", "is no group: wanted a public name"),
        ("t.me/helper_bot", "because", "is no group"),
        ("night_talk", "", "a decision needs a reason in words"),
        ("night_talk", "@x_name https://t.me/abcde", "a decision needs a reason in words"),
        ("night_talk", "Night_Talk is open", "leave the name of the group out"),
    ],
)
def test_decisions_that_cannot_be_recorded(keyed, candidates, name, reason, said):
    with pytest.raises(DataError, match=said):
        decide(keyed, candidates, name, "include", reason)
    assert table(open_candidates(keyed)) == {}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("absent.jsonl", None, "there is no file"), ("gbk.txt", "今天".encode("gbk"), "is not UTF-8 text")],
)
def test_a_file_that_cannot_be_read_leaves_the_table_as_it_was(keyed, candidates, tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        discover(keyed, candidates, [lines(tmp_path, "t.me/night_talk"), tmp_path / name])
    assert table(open_candidates(keyed)) == {}


def test_only_included_groups_are_collected_once_there_are_candidates(keyed, read, tmp_path):
    offline = pytest.importorskip("collector.telegram.offline")
    groups = [
        offline.OfflineGroup.public(k, name, [offline.said(k, 1)]) for k, name in ((1, "night_talk"), (2, "day_talk"))
    ]
    candidates = open_candidates(keyed)
    discover(keyed, candidates, [lines(tmp_path, "t.me/night_talk t.me/day_talk t.me/x_y_z")])
    decide(keyed, candidates, "night_talk", "include", "open peer group")
    decide(keyed, candidates, "day_talk", "exclude", "only adverts")
    report = read(offline.OfflineTelegram(groups), "@night_talk", "@day_talk", "@x_y_z")
    assert [group.name for group in report.groups] == ["night_talk"]
    assert report.refused["@day_talk"] == "excluded by the principal investigator"
    assert report.refused["@x_y_z"].startswith("undecided among the candidates; record it with: assay discover decide")
    (event,) = [event for event in events(keyed) if event.action == "telegram_read"]
    assert event.detail["candidate"] == candidates.pseudonym("@night_talk")


def test_without_names_all_included_groups_are_collected(keyed, read):
    from collector.telegram.collecting import choose_groups

    with pytest.raises(DataError, match="no group was named, and no candidate is included"):
        choose_groups(keyed, [])
    candidates = open_candidates(keyed)
    for name, decision in (("b_talk", "include"), ("a_talk", "include"), ("c_talk", "exclude")):
        decide(keyed, candidates, name, decision, "because")
    assert [link.name for link in choose_groups(keyed, []).links] == ["a_talk", "b_talk"]


@pytest.fixture
def telegram():
    """Groups of every kind, asked about two days after the last of three old and forty new messages."""
    offline = pytest.importorskip("collector.telegram.offline")
    types = pytest.importorskip("telethon.tl.types")
    now = 30 * 24 * 60
    old = [offline.said(1, k, "old words", minute=k) for k in (1, 2, 3)]
    new = [offline.said(1, k, "今天好累abc" if k % 2 else "Good night", minute=now + k) for k in range(4, 44)]
    service = types.MessageService(50, types.PeerChannel(1), offline.START + timedelta(days=30, minutes=60))
    invited = types.ChatInvite("Title", types.PhotoEmpty(0), 12, 1)
    on_request = types.ChatInvite("Title", types.PhotoEmpty(0), 34, 1, request_needed=True)
    groups = [
        offline.OfflineGroup.public(1, "night_talk", [*old, *new, service]),
        offline.OfflineGroup.public(2, "approved_talk", join_request=True),
        offline.OfflineGroup.public(3, "busy_talk", [offline.said(3, k, "忙", minute=now) for k in range(1, 2102)]),
    ]
    groups[0].members = 1234
    invitations = {"AbCdEf_gHi-12345": invited, "OnRequest-12345": on_request}
    return offline.OfflineTelegram(groups, {"someone_x": types.User(5)}, invitations)


def test_telegram_tells_about_the_candidates(keyed, read, tmp_path, telegram):
    from collector.telegram.checking import check_candidates

    names = "night_talk approved_talk busy_talk someone_x nobody_x +AbCdEf_gHi-12345 +OnRequest-12345 +Expired-12345"
    candidates = open_candidates(keyed)
    discover(keyed, candidates, [lines(tmp_path, *(f"t.me/{name}" for name in names.split()))])
    decide(keyed, candidates, "excluded_x", "exclude", "because")
    with read.talk(telegram) as conversation:
        check_candidates(Workspace(keyed.root, lambda: read.now), candidates, conversation)
    keys = ("access", "anyone", "members", "messages_30_days", "more", "zh_share")
    facts = {row.link: tuple(row.facts[key] for key in keys) for row in open_candidates(keyed) if row.facts}
    assert facts == {
        "@night_talk": ("open", True, 1234, 40, False, round(80 / (40 * 7 / 2 + 40 * 9 / 2), 3)),
        "@approved_talk": ("approval", False, 1, 0, False, None),
        "@busy_talk": ("open", True, 1, 2000, True, 1.0),
        "@someone_x": ("person", False, None, None, None, None),
        "@nobody_x": ("none", False, None, None, None, None),
        "+AbCdEf_gHi-12345": ("invitation", False, 12, None, None, None),
        "+OnRequest-12345": ("approval", False, 34, None, None, None),
        "+Expired-12345": ("none", False, None, None, None, None),
    }
    assert not {"JoinChannel", "ImportChatInvite"} & set(telegram.asked)


def test_what_was_asked_today_is_not_asked_again(keyed, read, tmp_path, telegram):
    from collector.telegram.checking import check_candidates

    candidates = open_candidates(keyed)
    discover(keyed, candidates, [lines(tmp_path, "t.me/night_talk")])
    for day in (0, 0, 1):
        moment = read.now + timedelta(days=day)
        with read.talk(telegram) as conversation:
            check_candidates(Workspace(keyed.root, lambda moment=moment: moment), open_candidates(keyed), conversation)
    assert telegram.asked.count("ResolveUsername") == 2


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        (["今天好累"], 1.0), (["abcd"], 0.0), (["今天ab"], 0.5), (["今天", "ab"], 0.5), (["今日は"], 0.0),
        (["한국 今天"], 0.0), (["今日は", "今天"], 0.4), (["123 😀！"], None), ([], None), (["𠮷野家"], 1.0),
    ],
)  # fmt: skip
def test_the_share_of_chinese_letters(texts, share):
    from collector.telegram.facts import chinese_share

    assert chinese_share(texts) == share

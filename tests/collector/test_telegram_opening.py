"""Credentials, the session file, signing in."""

import sqlite3
import stat
import sys

import pytest

from collector.telegram.opening import open_client, session_file, sign_in
from core.errors import MissingExtraError, ServiceError, SettingsError, WorkspaceError

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")

STRING = "1" + "A" * 351 + "="
PHONE = "+49 170 0000000"


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv("ASSAY_TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("ASSAY_TELEGRAM_API_HASH", "0123456789abcdef")
    monkeypatch.delenv("ASSAY_TELEGRAM_SESSION", raising=False)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ASSAY_TELEGRAM_API_ID", "", "needs the environment variable ASSAY_TELEGRAM_API_ID; make an application"),
        ("ASSAY_TELEGRAM_API_HASH", " ", "needs the environment variable ASSAY_TELEGRAM_API_HASH"),
        ("ASSAY_TELEGRAM_API_ID", "abc", "must be the number that my.telegram.org shows"),
        ("ASSAY_TELEGRAM_API_ID", "0", "must be the number"),
        ("ASSAY_TELEGRAM_SESSION", "secret-but-wrong", "is no string session of Telethon"),
        ("ASSAY_TELEGRAM_SESSION", "1", "is no string session"),
    ],
)
def test_credentials_that_cannot_be_used(workspace, credentials, monkeypatch, variable, value, said):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=said) as caught:
        open_client(workspace)
    assert "secret-but-wrong" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_telethon_the_extra_is_named(workspace, credentials, monkeypatch):
    monkeypatch.setitem(sys.modules, "telethon", None)
    with pytest.raises(MissingExtraError, match=r"'telethon'.*pip install 'assay\[telegram\]'"):
        open_client(workspace)


def test_a_string_session_needs_no_file(workspace, credentials, monkeypatch):
    monkeypatch.setenv("ASSAY_TELEGRAM_SESSION", STRING)
    client = open_client(workspace)
    assert (client.flood_sleep_threshold, list(workspace.secrets.iterdir())) == (0, [])


def test_the_session_file_is_the_owners_alone_from_the_beginning(workspace, credentials, monkeypatch):
    from telethon.sessions import SQLiteSession

    modes = []
    create = SQLiteSession.__init__

    def looking(self, path):
        modes.append(stat.S_IMODE((workspace.secrets / "telegram.session").stat().st_mode))
        create(self, path)

    monkeypatch.setattr(SQLiteSession, "__init__", looking)
    open_client(workspace).session.close()
    open_client(workspace).session.close()
    assert modes == [0o600, 0o600]


def test_a_session_file_that_others_can_read_is_refused_and_a_damaged_one_told(workspace, credentials):
    file = workspace.secrets / "telegram.session"
    file.touch(0o644)
    file.chmod(0o644)
    with pytest.raises(WorkspaceError, match="chmod 600"):
        open_client(workspace)
    file.write_bytes(b"no database" * 100)
    file.chmod(0o600)
    with pytest.raises(WorkspaceError, match="damaged; delete it and sign in again"):
        open_client(workspace)


def test_the_session_file_holds_nobody(workspace):
    path = workspace.secrets / "telegram.session"
    session = session_file(path)
    session.set_dc(2, "149.154.167.51", 443)
    people = [types.User(5_551_234_567, access_hash=1, first_name="张埋名", username="planted", phone="13912345678")]
    chats = [offline.OfflineGroup.public(1_009_123_457, "planted_group").about]
    session.process_entities(types.contacts.ResolvedPeer(types.PeerUser(1), chats, people))
    session.set_update_state(1_009_123_457, types.updates.State(1, 1, offline.START, 1, 0))
    session.close()
    with sqlite3.connect(path) as opened:
        counts = [opened.execute(f"select count(*) from {name}").fetchone()[0] for name in ("entities", "update_state")]
    assert counts == [0, 0]
    assert (session_file(path).dc_id, session_file(path).takeout_id) == (2, None)


class Person:
    """Answers questions in turn, and remembers what was asked and whether it was to be hidden."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, bool]] = []

    def __call__(self, question: str, hidden: bool) -> str:
        self.asked.append((question.split()[0], hidden))
        return self.answers.pop(0)


def test_somebody_who_is_signed_in_is_asked_nothing(read):
    with read.talk(offline.OfflineTelegram([])) as conversation:
        sign_in(conversation, Person())


@pytest.mark.parametrize("codes", [["12345"], ["1", "", "12345"]])
def test_signing_in_asks_for_phone_and_code(read, capsys, codes):
    telegram = offline.OfflineTelegram([], signed_in=False)
    person = Person(PHONE, *codes)
    with read.talk(telegram) as conversation:
        sign_in(conversation, person)
    assert person.asked == [("Phone", False), *[("Code", False)] * len(codes)]
    assert telegram.signed_in
    assert capsys.readouterr() == ("", "")


def test_three_wrong_codes_are_enough(read):
    telegram = offline.OfflineTelegram([], signed_in=False)
    with read.talk(telegram) as conversation, pytest.raises(ServiceError, match="did not accept 3 codes"):
        sign_in(conversation, Person(PHONE, "1", "2", "3"))


@pytest.mark.parametrize(
    ("passwords", "accepted"), [(["right"], True), (["no", "right"], True), (["a", "b", "c"], False)]
)
def test_an_account_with_a_password(read, monkeypatch, passwords, accepted):
    from telethon import errors

    telegram = offline.OfflineTelegram([], signed_in=False)
    person = Person(PHONE, "12345", *passwords)
    with read.talk(telegram) as conversation:

        async def sign(phone: str | None = None, code: str | None = None, password: str | None = None) -> None:
            if password is None:
                raise errors.SessionPasswordNeededError(None)
            if password != "right":
                raise errors.PasswordHashInvalidError(None)

        monkeypatch.setattr(conversation.client, "sign_in", sign)
        if accepted:
            sign_in(conversation, person)
        else:
            with pytest.raises(ServiceError, match="did not accept 3 passwords"):
                sign_in(conversation, person)
    assert person.asked[2:] == [("Password", True)] * len(passwords)


REFUSALS = [
    ("AuthKeyUnregisteredError", ServiceError, "no longer accepts this sign-in .*delete secrets/telegram.session"),
    ("AuthKeyDuplicatedError", ServiceError, "no longer accepts this sign-in"),
    ("ApiIdInvalidError", SettingsError, "does not accept ASSAY_TELEGRAM_API_ID"),
    ("ChannelPrivateError", ServiceError, r"Telegram refuses \(ChannelPrivateError\)"),
    ("TwoFaConfirmWaitError", ServiceError, r"answered with an error \(TwoFaConfirmWaitError\)"),
]


@pytest.mark.parametrize(("name", "kind", "said"), REFUSALS)
def test_errors_of_telegram_become_one_message(read, name, kind, said):
    from telethon import errors, functions

    telegram = offline.OfflineTelegram([])
    with read.talk(telegram) as conversation:

        def refuse(_: object) -> None:
            raise getattr(errors, name)(None)

        telegram.answer = refuse
        with pytest.raises(kind, match=said):
            conversation.ask(functions.contacts.ResolveUsernameRequest("night_talk"))


def test_a_takeout_that_has_to_be_confirmed_says_so(read):
    from telethon import errors

    telegram = offline.OfflineTelegram([])
    with read.talk(telegram) as conversation:

        def refuse(_: object) -> None:
            raise errors.TakeoutInitDelayError(None, 3600)

        telegram.answer = refuse
        with (
            pytest.raises(ServiceError, match=r"confirm the takeout in its app, or to wait 1:00:00"),
            conversation.takeout(),
        ):
            pass

"""Keyed pseudonyms and the canonical ids they are made of."""

import hashlib
import hmac
import stat

import pytest

from collector import raw_ids
from collector.pseudonyms import Pseudonyms, create_key, load_pseudonyms
from core.errors import WorkspaceError
from core.workspace import create_workspace

KEY = bytes(range(32))


def by_hand(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:32]


def test_a_pseudonym_is_the_hmac_of_kind_platform_and_raw_id():
    pseudonyms = Pseudonyms(KEY, "telegram")
    assert pseudonyms.user("user123") == by_hand("user\x1ftelegram\x1fuser123")
    assert pseudonyms.chat("77") == by_hand("chat\x1ftelegram\x1f77")
    assert pseudonyms.message("77/5") == by_hand("message\x1ftelegram\x1f77/5")


def test_a_pseudonym_worked_out_once_and_for_all():
    assert Pseudonyms(KEY, "telegram").user("user123") == "ff01f29e0653fbd1391b0aceeb0305af"


def test_pseudonyms_differ_by_kind_platform_and_key():
    telegram = Pseudonyms(KEY, "telegram")
    other_key = Pseudonyms(KEY[::-1], "telegram")
    made = {
        telegram.user("1"), telegram.chat("1"), telegram.message("1"), Pseudonyms(KEY, "discord").user("1"),
        other_key.user("1"), telegram.fingerprint, other_key.fingerprint,
    }  # fmt: skip
    assert len(made) == 7


def test_the_fingerprint_depends_on_the_key_alone():
    assert Pseudonyms(KEY, "telegram").fingerprint == Pseudonyms(KEY, "discord").fingerprint


def test_an_id_with_a_lone_surrogate_has_a_pseudonym():
    assert len(Pseudonyms(KEY, "x").user("\ud83d")) == 32


def test_the_key_of_a_workspace_is_64_hex_digits_for_the_owner_only(tmp_path):
    workspace = create_workspace(tmp_path / "w")
    create_key(workspace)
    file = workspace.secrets / "pseudonym.key"
    assert len(bytes.fromhex(file.read_text())) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    expected = Pseudonyms(bytes.fromhex(file.read_text()), "telegram").user("user1")
    assert load_pseudonyms(workspace).user("user1") == expected


def test_a_key_is_never_replaced(tmp_path):
    workspace = create_workspace(tmp_path / "w")
    create_key(workspace)
    with pytest.raises(WorkspaceError, match="already exists"):
        create_key(workspace)


@pytest.mark.parametrize("text", ["", "abc", "0" * 63, "0" * 65, "g" * 64])
def test_a_malformed_key_is_refused_without_showing_it(tmp_path, text):
    workspace = create_workspace(tmp_path / "w")
    (workspace.secrets / "pseudonym.key").write_text(text)
    (workspace.secrets / "pseudonym.key").chmod(0o600)
    with pytest.raises(WorkspaceError, match="must hold 64 hexadecimal digits") as caught:
        load_pseudonyms(workspace)
    assert len(text) < 4 or text not in str(caught.value)


def test_a_missing_key_is_one_clear_message(tmp_path):
    with pytest.raises(WorkspaceError, match=r"secrets/pseudonym\.key, which is missing"):
        load_pseudonyms(create_workspace(tmp_path / "w"))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (raw_ids.sender("123", "telegram"), "user123"),
        (raw_ids.sender("user123", "telegram"), "user123"),
        (raw_ids.sender("channel9", "telegram"), "channel9"),
        (raw_ids.sender("123", "discord"), "123"),
        (raw_ids.chat("1234567890", "telegram"), "1234567890"),
        (raw_ids.chat("-1001234567890", "telegram"), "1234567890"),
        (raw_ids.chat("-456", "telegram"), "456"),
        (raw_ids.chat("-100", "telegram"), "100"),
        (raw_ids.chat("room-7", "telegram"), "room-7"),
        (raw_ids.chat("-1001234567890", "discord"), "-1001234567890"),
        (raw_ids.message("77", "5"), "77/5"),
        (raw_ids.message("77", "77/5"), "77/5"),
        (raw_ids.old_sender(123), "user123"),
        (raw_ids.old_sender((1 << 32) + 123), "user123"),
        (raw_ids.old_sender((2 << 32) + 123), "channel123"),
        (raw_ids.old_chat((2 << 32) + 77), "77"),
        (raw_ids.old_chat(77), "77"),
        (raw_ids.peer_chat("channel77"), "77"),
    ],
)
def test_one_thing_has_one_canonical_id(made, expected):
    assert made == expected

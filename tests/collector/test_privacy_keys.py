"""The pseudonym key at rest: rights, passphrase, environment."""

import json
import stat

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from collector import key_wrapping
from collector.key_protection import protect_key, unprotect_key
from collector.key_wrapping import unwrapped, wrapped
from collector.keys import load_key
from collector.privacy_cli import app
from collector.pseudonyms import Pseudonyms, create_key, load_pseudonyms
from core.database import open_database, transaction
from core.errors import SettingsError, WorkspaceError
from core.people import Event

KEY = bytes(range(32))
PASSPHRASE = "vier wilde Gänse"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Argon2id at its lowest cost; no key and no passphrase in the environment."""
    monkeypatch.setattr(key_wrapping, "PASSES", 1)
    monkeypatch.setattr(key_wrapping, "LANES", 1)
    monkeypatch.setattr(key_wrapping, "MEMORY_KIB", 64)
    monkeypatch.delenv("ASSAY_PSEUDONYM_KEY", raising=False)
    monkeypatch.delenv("ASSAY_KEY_PASSPHRASE", raising=False)


@pytest.fixture
def plain(workspace):
    """A workspace whose key is `KEY`."""
    (workspace.secrets / "pseudonym.key").write_text(KEY.hex())
    (workspace.secrets / "pseudonym.key").chmod(0o600)
    return workspace


def actions(workspace):
    with transaction(open_database(workspace)) as session:
        return list(session.scalars(select(Event.action)))


def test_a_wrapped_key_opens_with_its_passphrase():
    envelope = json.loads(wrapped(KEY, PASSPHRASE))
    assert unwrapped(json.dumps(envelope), PASSPHRASE, "it") == KEY
    assert (envelope["kdf"], envelope["passes"], envelope["lanes"], envelope["memory_kib"]) == ("argon2id", 1, 1, 64)
    sizes = [len(bytes.fromhex(envelope[part])) for part in ("salt", "nonce", "ciphertext")]
    assert sizes == [16, 12, 48]


def test_an_envelope_made_once_still_opens():
    """Literal: Argon2id (1 pass, 1 lane, 64 KiB) over the salt 00…0f, AES-256-GCM with the nonce 00…0b."""
    envelope = {
        "format": "assay wrapped key 1", "kdf": "argon2id", "passes": 1, "lanes": 1, "memory_kib": 64,
        "salt": bytes(range(16)).hex(), "nonce": bytes(range(12)).hex(),
        "ciphertext": "7777c24d330c41a2215301a57fb1047daf03f7b6193551a0"
        "6fda83f4b86103236ce906edd28c4993a1e2f6b1ef694fc3",
    }  # fmt: skip
    assert unwrapped(json.dumps(envelope), "correct horse battery", "it") == KEY


def test_the_passphrase_is_the_same_however_a_keyboard_composes_it():
    assert unwrapped(wrapped(KEY, "vier wilde Ga\u0308nse"), "vier wilde G\u00e4nse", "it") == KEY


def test_two_envelopes_of_one_key_share_nothing_secret():
    one, two = (json.loads(wrapped(KEY, PASSPHRASE)) for _ in range(2))
    assert not {one[part] for part in ("salt", "nonce", "ciphertext")} & set(two.values())


def test_a_wrong_passphrase_is_one_clear_message():
    with pytest.raises(WorkspaceError, match="this passphrase does not open secrets/x ") as caught:
        unwrapped(wrapped(KEY, PASSPHRASE), "vier zahme Gänse", "secrets/x")
    assert "Gänse" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"passes": 2}, "does not open"),
        ({"ciphertext": "00" * 48}, "does not open"),
        ({"memory_kib": 1 << 30}, "is no envelope"),
        ({"memory_kib": 4}, "is no envelope"),
        ({"passes": "many"}, "is no envelope"),
        ({"salt": "00"}, "is no envelope"),
        ({"nonce": "00"}, "is no envelope"),
        ({"salt": "xyz"}, "is no envelope"),
        ({"format": "other"}, "is no envelope"),
        ({"kdf": None}, "is no envelope"),
    ],
)
def test_an_altered_envelope_does_not_open(change, said):
    envelope = json.loads(wrapped(KEY, PASSPHRASE))
    with pytest.raises(WorkspaceError, match=said):
        unwrapped(json.dumps(envelope | change), PASSPHRASE, "it")


@pytest.mark.parametrize("text", ["{", "{}", '{"format": 1}'])
def test_a_damaged_envelope_is_refused(text):
    with pytest.raises(WorkspaceError, match="is no envelope of a key, or a damaged one"):
        unwrapped(text, PASSPHRASE, "it")


def test_a_short_passphrase_is_refused_and_changes_nothing(plain):
    with pytest.raises(WorkspaceError, match="at least 12 characters, got 5"):
        protect_key(plain, "short")
    assert (plain.secrets / "pseudonym.key").read_text() == KEY.hex()


def test_a_protected_key_makes_the_same_pseudonyms(plain, monkeypatch):
    protect_key(plain, PASSPHRASE)
    file = plain.secrets / "pseudonym.key"
    assert KEY.hex() not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    asked = []
    pseudonyms = load_pseudonyms(plain, lambda question: asked.append(question) or PASSPHRASE)
    assert pseudonyms.user("user1") == Pseudonyms(KEY, "telegram").user("user1")
    assert asked == ["Passphrase of secrets/pseudonym.key"]
    monkeypatch.setenv("ASSAY_KEY_PASSPHRASE", PASSPHRASE)
    assert load_key(plain) == KEY


def test_the_plain_key_is_overwritten_where_it_lay(plain):
    (plain.root / "link").hardlink_to(plain.secrets / "pseudonym.key")
    protect_key(plain, PASSPHRASE)
    lay = (plain.root / "link").read_bytes()
    assert len(lay) == 64
    assert lay != KEY.hex().encode()
    assert sorted(path.name for path in plain.secrets.iterdir()) == ["pseudonym.key"]


def test_protecting_and_undoing_leave_events_and_the_same_key(plain):
    protect_key(plain, PASSPHRASE)
    with pytest.raises(WorkspaceError, match="under a passphrase already"):
        protect_key(plain, PASSPHRASE)
    unprotect_key(plain, lambda _: PASSPHRASE)
    assert (plain.secrets / "pseudonym.key").read_text() == KEY.hex()
    with pytest.raises(WorkspaceError, match="is not under a passphrase"):
        unprotect_key(plain)
    assert actions(plain) == ["key_protected", "key_unprotected"]


def test_without_a_terminal_a_protected_key_says_which_variable_to_set(plain, monkeypatch):
    protect_key(plain, PASSPHRASE)
    monkeypatch.setattr("sys.stdin", (plain.root / "assay.toml").open())
    with pytest.raises(WorkspaceError, match="no terminal to ask for it; set ASSAY_KEY_PASSPHRASE"):
        load_pseudonyms(plain)


def test_a_key_in_the_environment_needs_no_file(workspace, monkeypatch):
    monkeypatch.setenv("ASSAY_PSEUDONYM_KEY", KEY.hex() + "\n")
    create_key(workspace)
    assert list(workspace.secrets.iterdir()) == []
    assert load_pseudonyms(workspace).user("user123") == "ff01f29e0653fbd1391b0aceeb0305af"


@pytest.mark.parametrize("text", ["abc", "0" * 63, "g" * 64])
def test_a_malformed_key_in_the_environment_is_refused_without_showing_it(plain, monkeypatch, text):
    monkeypatch.setenv("ASSAY_PSEUDONYM_KEY", text)
    with pytest.raises(SettingsError, match="ASSAY_PSEUDONYM_KEY must hold 64 hexadecimal digits") as caught:
        load_key(plain)
    assert text not in str(caught.value).removeprefix("the environment variable ASSAY_PSEUDONYM_KEY")


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_secrets_folder_that_others_can_enter_is_refused(plain, monkeypatch, mode):
    plain.secrets.chmod(mode)
    for given in ("", KEY.hex()):
        monkeypatch.setenv("ASSAY_PSEUDONYM_KEY", given)
        with pytest.raises(WorkspaceError, match="secrets/ is open to other users; run: chmod 700"):
            load_key(plain)


def test_no_key_is_made_in_a_folder_that_others_can_enter(workspace):
    workspace.secrets.chmod(0o755)
    with pytest.raises(WorkspaceError, match="secrets/ is open to other users; run: chmod 700"):
        create_key(workspace)
    assert list(workspace.secrets.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_file_that_others_can_read_is_refused(plain, mode):
    (plain.secrets / "pseudonym.key").chmod(mode)
    with pytest.raises(WorkspaceError, match="can be read by other users; run: chmod 600"):
        load_key(plain)


def test_the_commands_ask_twice_and_undo(plain, monkeypatch):
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    result = CliRunner().invoke(app, ["protect-key", "-w", str(plain.root)], input=typed)
    assert result.exit_code == 0, result.stderr
    assert "secrets/pseudonym.key is under the passphrase now" in result.stdout
    monkeypatch.setenv("ASSAY_KEY_PASSPHRASE", PASSPHRASE)
    result = CliRunner().invoke(app, ["unprotect-key", "--json", "-w", str(plain.root)])
    assert (result.exit_code, result.stdout) == (0, '{"protected": false}\n')


def test_passphrases_that_differ_change_nothing(plain):
    result = CliRunner().invoke(app, ["protect-key", "-w", str(plain.root)], input=f"{PASSPHRASE}\nsomething else\n")
    assert result.exit_code == 1
    assert (plain.secrets / "pseudonym.key").read_text() == KEY.hex()

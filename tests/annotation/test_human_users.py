from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from annotation.human.passwords import NOBODYS, hash_password, is_password
from annotation.human.sign_ins import sign_in, who
from annotation.human.users import add_user, disable_user, list_users, set_password
from core.database import transaction
from core.errors import SettingsError
from core.people import Event, User
from core.workspace import Workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def events(engine: Engine) -> list[tuple[str, str, str]]:
    with transaction(engine) as session:
        return [
            (event.actor, event.action, event.subject) for event in session.scalars(select(Event).order_by(Event.id))
        ]


def test_people_come_out_by_name(each_engine: Engine) -> None:
    add_user(each_engine, "zhou", "adjudicator", "correct horse", clock=noon)
    add_user(each_engine, "林晚", "annotator", "correct horse", simulated=True, by="zhou", clock=noon)
    assert [person.as_json() for person in list_users(each_engine)] == [
        {
            "name": "zhou",
            "role": "adjudicator",
            "disabled": False,
            "simulated": False,
            "created_at": "2026-05-01T12:00:00+00:00",
        },
        {
            "name": "林晚",
            "role": "annotator",
            "disabled": False,
            "simulated": True,
            "created_at": "2026-05-01T12:00:00+00:00",
        },
    ]
    assert events(each_engine) == [("command line", "user_added", "zhou"), ("zhou", "user_added", "林晚")]


@pytest.mark.parametrize(
    ("name", "role", "password", "message"),
    [
        ("", "annotator", "long enough", "wanted a name"),
        ("two words", "annotator", "long enough", "wanted a name"),
        ("ann\n", "annotator", "short", "at least 8 characters; got 5"),
        ("an\x00n", "annotator", "long enough", "wanted a name"),
        ("a" * 65, "annotator", "long enough", "wanted a name"),
        ("ann", "boss", "long enough", "wanted a role of annotator, adjudicator, admin; got 'boss'"),
        ("ann", "annotator", "1234567", "at least 8 characters; got 7"),
        ("taken", "annotator", "long enough", "there already is a user 'taken'"),
        (" taken ", "annotator", "long enough", "there already is a user 'taken'"),
    ],
)
def test_refused(engine: Engine, crew, name: str, role: str, password: str, message: str) -> None:
    crew(engine, "taken")
    with pytest.raises(SettingsError, match=message):
        add_user(engine, name, role, password)
    assert [person.name for person in list_users(engine)] == ["taken"]


def test_a_composed_and_a_decomposed_name_are_one(engine: Engine) -> None:
    add_user(engine, "zoe\u0301", "annotator", "long enough")
    assert [person.name for person in list_users(engine)] == ["zo\u00e9"]
    assert sign_in(engine, "zo\u00e9", "long enough") is not None


def test_disabling_ends_a_sign_in_and_can_be_undone(each_engine: Engine) -> None:
    add_user(each_engine, "ann", "annotator", "long enough")
    token = sign_in(each_engine, "ann", "long enough")
    assert token is not None
    assert disable_user(each_engine, "ann").disabled
    assert who(each_engine, token) is None
    assert sign_in(each_engine, "ann", "long enough") is None
    assert not disable_user(each_engine, "ann", undo=True).disabled
    assert who(each_engine, token) is None
    assert sign_in(each_engine, "ann", "long enough") is not None
    actions = [action for _, action, _ in events(each_engine)]
    assert actions == ["user_added", "signed_in", "user_disabled", "sign_in_failed", "user_enabled", "signed_in"]


def test_a_new_password_ends_sign_ins(engine: Engine) -> None:
    add_user(engine, "ann", "annotator", "the old one")
    token = sign_in(engine, "ann", "the old one")
    set_password(engine, "ann", "the new one")
    assert token is not None
    assert who(engine, token) is None
    assert sign_in(engine, "ann", "the old one") is None
    assert sign_in(engine, "ann", "the new one") is not None


def test_unknown_user_names_the_nearest(engine: Engine, crew) -> None:
    with pytest.raises(SettingsError, match="no user 'ann'; there are no users yet"):
        disable_user(engine, "ann")
    crew(engine, "annika")
    with pytest.raises(SettingsError, match="did you mean 'annika'"):
        set_password(engine, "anika", "long enough")


def test_hashes_are_argon2id_and_salted() -> None:
    first, second = hash_password("一二三四五六七八"), hash_password("一二三四五六七八")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert is_password("一二三四五六七八", first)
    assert not is_password("一二三四五六七九", first)


def test_nobodys_hash_costs_as_much_as_a_real_one() -> None:
    parts = [encoded.split("$")[1:4] for encoded in (NOBODYS, hash_password("long enough"))]
    assert parts[0] == parts[1]
    assert not is_password("", NOBODYS)


def test_a_lone_surrogate_is_a_wrong_password_not_an_error(engine: Engine, crew) -> None:
    assert sign_in(engine, "ann\ud800", "\ud800") is None


def test_neither_password_nor_token_is_in_the_database_files(workspace: Workspace, engine: Engine) -> None:
    password = "purple-lamp-tidal-42"
    add_user(engine, "ann", "annotator", password)
    token = sign_in(engine, "ann", password)
    sign_in(engine, password, "typed into the wrong box")
    assert token is not None
    files = list(workspace.root.glob("assay.db*"))
    held = b"".join(path.read_bytes() for path in files)
    assert b"$argon2id$" in held
    assert password.encode() not in held
    assert token.encode() not in held
    with transaction(engine) as session:
        assert session.scalar(select(User.password_hash)) != password

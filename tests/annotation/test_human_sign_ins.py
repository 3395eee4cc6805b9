from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from annotation.human.sign_ins import locked_until, sign_in, sign_out, who
from annotation.human.users import add_user
from core.database import transaction
from core.people import Event, SignIn

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
PASSWORD = "long enough"


class Watch:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def ann(each_engine: Engine, watch: Watch) -> Engine:
    add_user(each_engine, "ann", "annotator", PASSWORD, clock=watch)
    return each_engine


def fail(engine: Engine, name: str, watch: Watch, times: int) -> None:
    for _ in range(times):
        assert sign_in(engine, name, "wrong password", clock=watch) is None
        watch.move(seconds=10)


def failed_before(engine: Engine, name: str, watch: Watch, times: int) -> None:
    """Failures as `sign_in` writes them, without the cost of checking passwords."""
    with transaction(engine) as session:
        for _ in range(times):
            session.add(Event(at=watch(), actor="anonymous", action="sign_in_failed", subject=name, detail={}))
            watch.move(seconds=10)


def test_a_token_is_good_until_it_expires(ann: Engine, watch: Watch) -> None:
    token = sign_in(ann, "ann", PASSWORD, 2, clock=watch)
    assert token is not None
    watch.move(hours=2, seconds=-1)
    person = who(ann, token, watch)
    assert person is not None
    assert (person.name, person.role) == ("ann", "annotator")
    watch.move(seconds=1)
    assert who(ann, token, watch) is None


def test_only_the_hash_of_a_token_is_kept(ann: Engine, watch: Watch) -> None:
    token = sign_in(ann, "ann", PASSWORD, clock=watch)
    with transaction(ann) as session:
        assert [len(held) for held in session.scalars(select(SignIn.token_hash))] == [64]
        assert session.get(SignIn, token) is None


def test_signing_out_ends_one_sign_in(ann: Engine, watch: Watch) -> None:
    first, second = (sign_in(ann, "ann", PASSWORD, clock=watch) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first != second
    sign_out(ann, first, watch)
    sign_out(ann, first, watch)
    assert who(ann, first, watch) is None
    assert who(ann, second, watch) is not None


@pytest.mark.parametrize("token", ["", "x", "a" * 64, "\ud800", "' OR 1=1 --"])
def test_an_unknown_token_is_nobody(engine: Engine, token: str) -> None:
    assert who(engine, token) is None
    sign_out(engine, token)


def test_expired_sign_ins_are_forgotten(ann: Engine, watch: Watch) -> None:
    sign_in(ann, "ann", PASSWORD, 1, clock=watch)
    watch.move(hours=2)
    sign_in(ann, "ann", PASSWORD, 1, clock=watch)
    with transaction(ann) as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong one"), ("ann", ""), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_sign_in_is_none(engine: Engine, watch: Watch, name: str, password: str) -> None:
    add_user(engine, "ann", "annotator", PASSWORD, clock=watch)
    assert sign_in(engine, name, password, clock=watch) is None


def test_an_unknown_name_costs_as_much_work(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr("annotation.human.sign_ins.is_password", lambda _, encoded: bool(checked.append(encoded)))
    sign_in(engine, "nobody", PASSWORD)
    assert [encoded.split("$")[3] for encoded in checked] == ["m=65536,t=3,p=4"]


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_ten_failures_lock_a_name_for_a_quarter_of_an_hour(engine: Engine, watch: Watch, name: str) -> None:
    add_user(engine, "ann", "annotator", PASSWORD, clock=watch)
    fail(engine, name, watch, 9)
    assert locked_until(engine, name, watch) is None
    fail(engine, name, watch, 1)
    assert locked_until(engine, name, watch) == START + timedelta(minutes=15)
    assert sign_in(engine, name, PASSWORD, clock=watch) is None
    assert locked_until(engine, "other", watch) is None
    watch.now = START + timedelta(minutes=15)
    assert locked_until(engine, name, watch) is None
    assert (sign_in(engine, name, PASSWORD, clock=watch) is None) == (name == "nobody")


def test_a_refused_try_does_not_lengthen_the_lock(engine: Engine, watch: Watch) -> None:
    add_user(engine, "ann", "annotator", PASSWORD, clock=watch)
    failed_before(engine, "ann", watch, 9)
    fail(engine, "ann", watch, 3)
    with transaction(engine) as session:
        assert len(session.scalars(select(Event).where(Event.action == "sign_in_failed")).all()) == 10


def test_success_clears_earlier_failures(ann: Engine, watch: Watch) -> None:
    failed_before(ann, "ann", watch, 9)
    assert sign_in(ann, "ann", PASSWORD, clock=watch) is not None
    watch.move(seconds=1)
    failed_before(ann, "ann", watch, 9)
    assert locked_until(ann, "ann", watch) is None
    fail(ann, "ann", watch, 1)
    assert locked_until(ann, "ann", watch) is not None


def test_what_is_no_name_is_logged_as_a_hash(engine: Engine, watch: Watch) -> None:
    sign_in(engine, "my secret password", "", clock=watch)
    with transaction(engine) as session:
        event = session.scalars(select(Event)).one()
    assert (event.actor, event.action, event.detail) == ("anonymous", "sign_in_failed", {})
    assert event.subject.startswith("sha256:")
    assert len(event.subject) == 23

"""Who may annotate, adjudicate or administer. What comes out are `Person`s, never rows of the database."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from annotation.human.passwords import hash_password
from core.clock import Clock, utc_now
from core.database import transaction
from core.errors import SettingsError
from core.people import Event, SignIn, User
from core.texts import closest

ROLES = ("annotator", "adjudicator", "admin")
COMMAND_LINE = "command line"
_NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class Person:
    """A user. role: annotator, adjudicator or admin; simulated: made by the demo, not a person."""

    name: str
    role: str
    disabled: bool
    simulated: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "Person":
        return cls(user.name, user.role, user.disabled, user.simulated, user.created_at)

    def as_json(self) -> dict[str, Any]:
        """Keys name, role, disabled, simulated, created_at (ISO 8601)."""
        return {**vars(self), "created_at": self.created_at.isoformat()}


def add_user(
    engine: Engine,
    name: str,
    role: str,
    password: str,
    *,
    simulated: bool = False,
    by: str = COMMAND_LINE,
    clock: Clock = utc_now,
) -> Person:
    """Add a user. name: 1 to 64 letters (Chinese too), digits, ``_``, ``.`` or ``-``; password: 8 characters or more.

    Raises SettingsError for a name, role or password that cannot be used, or a name that is taken.
    """
    name = spelled(name)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"wanted a name of 1 to 64 letters, digits, '_', '.' or '-'; got {name!r}")
    if role not in ROLES:
        raise SettingsError(f"wanted a role of {', '.join(ROLES)}; got {role!r}")
    user = User(name=name, role=role, password_hash=hash_password(password), simulated=simulated, created_at=clock())
    with transaction(engine) as session:
        if find_user(session, name) is not None:
            raise SettingsError(f"there already is a user {name!r}; choose another name")
        session.add(user)
        _note(session, clock, by, "user_added", name, role=role, simulated=simulated)
        session.flush()
        return Person.of(user)


def list_users(engine: Engine) -> list[Person]:
    """Everybody, disabled people too, by name."""
    with transaction(engine) as session:
        return [Person.of(user) for user in session.scalars(select(User).order_by(User.name))]


def disable_user(
    engine: Engine, name: str, *, undo: bool = False, by: str = COMMAND_LINE, clock: Clock = utc_now
) -> Person:
    """Keep a user from signing in, at once and until this is undone. What they submitted stays."""
    with transaction(engine) as session:
        user = the_user(session, name)
        user.disabled = not undo
        _sign_out_everywhere(session, user)
        _note(session, clock, by, "user_enabled" if undo else "user_disabled", user.name)
        return Person.of(user)


def set_password(engine: Engine, name: str, password: str, *, by: str = COMMAND_LINE, clock: Clock = utc_now) -> Person:
    """Give a user a new password. Whoever is signed in under the name is signed out."""
    encoded = hash_password(password)
    with transaction(engine) as session:
        user = the_user(session, name)
        user.password_hash = encoded
        _sign_out_everywhere(session, user)
        _note(session, clock, by, "password_set", user.name)
        return Person.of(user)


def spelled(name: str) -> str:
    """A name in its one spelling: no blanks around it, letters composed."""
    return unicodedata.normalize("NFC", name.strip())


def find_user(session: Session, name: str) -> User | None:
    """The user of that name. What cannot be a name is not looked up: a database may refuse its characters."""
    name = spelled(name)
    return session.scalar(select(User).where(User.name == name)) if _NAME.fullmatch(name) else None


def the_user(session: Session, name: str) -> User:
    """The user of that name. Raises SettingsError, with the nearest name, when there is none."""
    user = find_user(session, name)
    if user is None:
        known = sorted(session.scalars(select(User.name)))
        hint = closest(name, known) if known else "there are no users yet"
        raise SettingsError(f"no user {name!r}; {hint}")
    return user


def _sign_out_everywhere(session: Session, user: User) -> None:
    session.execute(delete(SignIn).where(SignIn.user_id == user.id))


def _note(session: Session, clock: Clock, actor: str, action: str, subject: str, **detail: Any) -> None:
    session.add(Event(at=clock(), actor=actor, action=action, subject=subject, detail=detail))

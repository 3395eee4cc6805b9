"""Signing in and out. A browser holds a random token; the database holds only the token's SHA-256."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from annotation.human.passwords import NOBODYS, is_password
from annotation.human.users import Person, find_user, spelled
from core.clock import Clock, utc_now
from core.database import transaction
from core.people import Event, SignIn

MOST_FAILURES = 10
WINDOW = timedelta(minutes=15)


def sign_in(engine: Engine, name: str, password: str, hours: float = 12, clock: Clock = utc_now) -> str | None:
    """A token that `who` knows for ``hours``; None for a wrong name or password, a disabled user or a locked name.

    Whatever is wrong, the same work is done and the same None comes back, so that nobody learns which names exist.
    """
    if locked_until(engine, name, clock) is not None:
        return None
    with transaction(engine) as session:
        user = find_user(session, name)
    is_right = is_password(password, user.password_hash if user else NOBODYS)
    with transaction(engine) as session:
        if user is None or user.disabled or not is_right:
            session.add(_event(clock(), "anonymous", "sign_in_failed", _subject(session, name)))
            return None
        token = secrets.token_urlsafe(32)
        expires_at = clock() + timedelta(hours=hours)
        session.execute(delete(SignIn).where(SignIn.expires_at <= clock()))
        session.add(SignIn(token_hash=_sha256(token), user_id=user.id, expires_at=expires_at))
        session.add(_event(clock(), user.name, "signed_in", user.name))
    return token


def locked_until(engine: Engine, name: str, clock: Clock = utc_now) -> datetime | None:
    """When a name that failed 10 times in 15 minutes may try again; None when it may now.

    Failures before the last success do not count. A name that nobody has is locked in the same way.
    """
    with transaction(engine) as session:
        subject = _subject(session, name)
        mine = select(Event.at).where(Event.subject == subject)
        success = session.scalar(mine.where(Event.action == "signed_in").order_by(Event.id.desc()).limit(1))
        since = max(clock() - WINDOW, success) if success else clock() - WINDOW
        failed = mine.where(Event.action == "sign_in_failed", Event.at > since).order_by(Event.at.desc())
        failures = session.scalars(failed.limit(MOST_FAILURES)).all()
    return failures[-1] + WINDOW if len(failures) == MOST_FAILURES else None


def who(engine: Engine, token: str, clock: Clock = utc_now) -> Person | None:
    """Whose token this is; None when it is unknown or expired or its user disabled."""
    with transaction(engine) as session:
        found = session.get(SignIn, _sha256(token))
        if found is None or found.expires_at <= clock() or found.user.disabled:
            return None
        return Person.of(found.user)


def sign_out(engine: Engine, token: str, clock: Clock = utc_now) -> None:
    """Forget a token. One that is not known is no error."""
    with transaction(engine) as session:
        found = session.get(SignIn, _sha256(token))
        if found is not None:
            session.add(_event(clock(), found.user.name, "signed_out", found.user.name))
            session.delete(found)


def _subject(session: Session, name: str) -> str:
    """The name in the log. What is no user's name may be a password in the wrong box, so only its hash is written."""
    user = find_user(session, name)
    return user.name if user else f"sha256:{_sha256(spelled(name))[:16]}"


def _event(at: datetime, actor: str, action: str, subject: str) -> Event:
    return Event(at=at, actor=actor, action=action, subject=subject, detail={})


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()

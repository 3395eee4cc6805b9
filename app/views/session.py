"""Who is looking at a page, and at which workspace."""

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from annotation.human.sign_ins import who
from annotation.human.users import Person
from app.desk import WORKSPACE_VARIABLE, Desk, desk_at
from app.session_cookie import COOKIE
from app.sign_in import SIGN_IN, SIGN_OUT
from app.views.words import Say, words
from core.setting_tables.people import AnnotateSettings


@dataclass(frozen=True)
class Visit:
    """A signed-in person at a desk."""

    desk: Desk
    person: Person

    @property
    def settings(self) -> AnnotateSettings:
        return self.desk.workspace.settings.annotate

    @property
    def say(self) -> Say:
        return words(self.settings.language)

    @property
    def language(self) -> str:
        return self.settings.language

    @property
    def may_adjudicate(self) -> bool:
        return self.person.role in ("adjudicator", "admin")

    @property
    def sees_names(self) -> bool:
        return self.person.role == "admin"


def visit() -> Visit | None:
    """The visit that the browser's cookie stands for; None when it stands for none, or no longer.

    Asked on every run, so that a page left open stops answering when its session ends.
    """
    root = os.environ.get(WORKSPACE_VARIABLE)
    token = st.context.cookies.get(COOKIE)
    if not root or not token:
        return None
    desk = desk_at(Path(root))
    person = who(desk.engine, token, desk.workspace.clock)
    return Visit(desk, person) if person else None


def turned_away() -> None:
    """What a page shows to somebody who is not signed in (any more)."""
    root = os.environ.get(WORKSPACE_VARIABLE)
    if not root:
        st.error(words("zh")("start_with") + " " + words("en")("start_with"))
        return
    say = words(desk_at(Path(root)).workspace.settings.annotate.language)
    st.html(
        f'<div class="notice"><h2>{escape(say("signed_out"))}</h2>'
        f'<p><a class="go" href="{SIGN_IN}">{escape(say("sign_in_again"))}</a></p></div>'
    )


def frame(visit: Visit) -> None:
    """The bar on top: who is signed in, and the way out (a POST, so that no link elsewhere can do it)."""
    say, person = visit.say, visit.person
    mark = f'<span class="simulated">{escape(say("simulated"))}</span>' if person.simulated else ""
    st.html(
        f'<div class="brand">Assay</div><div class="corner"><span class="me">{escape(person.name)}</span>{mark}'
        f'<span class="my-role">{escape(say(f"role_{person.role}"))}</span>'
        f'<form method="post" action="{SIGN_OUT}"><button type="submit">{escape(say("sign_out"))}</button></form></div>'
    )

"""Where one is in a row of items, and the way to the ones before and after."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TypeVar

import streamlit as st

from app.views.words import Say

T = TypeVar("T")


def steps(
    place: str,
    about: str,
    share: float,
    *,
    here: int,
    all_of_them: Sequence[T],
    take: Callable[[T | None], None],
    say: Say,
) -> None:
    """``place`` in bold, ``about`` beside it, a bar of ``share`` (0 to 1), and two buttons that ``take`` another."""
    with st.container(key="where", horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.html(
            f'<div class="where"><b>{escape(place)}</b><span>{escape(about)}</span>'
            f'<div class="bar"><i style="width:{100 * share:.1f}%"></i></div></div>'
        )
        before = all_of_them[here - 1] if here else None
        after = all_of_them[here + 1] if here + 1 < len(all_of_them) else None
        for name, key, to in (("previous", "left", before), ("next", "right", after)):
            st.button(
                say(name),
                key=f"step-{name}",
                shortcut=key,
                disabled=to is None,
                on_click=take,
                args=(to,),
            )

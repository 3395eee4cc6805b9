"""The form under every question: a reason in one's own words, and the button that submits it with the choice.

It is a form because Ctrl+Enter in its text area then sends the text too; a plain button would fire without it. That it
was pressed is kept until it is dealt with, at the start of a run: a key pressed right after it interrupts the run that
the button began, and must not undo it.
"""

import streamlit as st

_PRESSED = "submission-pressed"
LONGEST_REASON = 2000


def submission(place: str, *, reason: str, label: str, hint: str, button: str, complaint: str | None) -> None:
    """Draw the form of ``place``. reason: the text to begin with; complaint: why nothing was submitted, if so."""
    with st.form(f"submission-{place}", border=False, enter_to_submit=True):
        st.text_area(
            label,
            value=reason,
            key=_reason_key(place),
            placeholder=hint,
            height=72,
            max_chars=LONGEST_REASON,
        )
        st.form_submit_button(button, shortcut="Enter", type="primary", width="stretch", on_click=_press, args=(place,))
    if complaint:
        st.warning(complaint)


def submitted_reason(place: str) -> str | None:
    """The reason that came with a press of the button of ``place``; None when it was not pressed. Told once."""
    if st.session_state.pop(_PRESSED, None) != place:
        return None
    return str(st.session_state.get(_reason_key(place), ""))


def _press(place: str) -> None:
    st.session_state[_PRESSED] = place


def _reason_key(place: str) -> str:
    return f"reason-{place}"

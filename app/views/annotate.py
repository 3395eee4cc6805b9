"""The page on which an annotator reads a segment, answers the codebook's questions and submits."""

import time
from html import escape

import streamlit as st

from annotation.human.work import Task, assignments, progress, submit
from app.views import finished
from app.views.answers import Answers, answers_of, ratings, unanswered
from app.views.chat import chat_html
from app.views.question import ask, help_with, overview_of
from app.views.session import Visit
from app.views.steps import steps
from app.views.submission import submission, submitted_reason
from app.wiring import close_if_complete
from core.codebook import Codebook, Variable

_TASK, _SHOWN, _FINISHED = "annotate-task", "annotate-shown", "annotate-finished"


def show(visit: Visit) -> None:
    """The item in hand, or what to do when there is none."""
    tasks, complaint = _after_submission(visit)
    task = _in_hand(tasks)
    st.session_state[_SHOWN] = task.assignment_id if task else None
    if task is None:
        finished.show(visit, tasks, st.session_state.get(_FINISHED), revise=lambda: _take(tasks[0]))
        return
    display = visit.desk.corpus.display(task.segment_id)
    left, right = st.columns([1.28, 1], gap="medium")
    with left, st.container(key="reading"):
        st.html(chat_html(display, visit.say))
    with right, st.container(key="deciding", gap="small"):
        _where(visit, task, tasks)
        _questions(visit, task, complaint)
        _support(visit)


def _in_hand(tasks: list[Task]) -> Task | None:
    """The item that was opened, else the first that is not done."""
    wanted = st.session_state.get(_TASK)
    opened = next((task for task in tasks if task.assignment_id == wanted), None)
    return opened or next((task for task in tasks if not task.done), None)


def _take(task: Task | None) -> None:
    """Open an item (None: the next that is not done). Its clock starts anew."""
    st.session_state[_TASK] = task.assignment_id if task else None
    if task:
        st.session_state.pop(_since(task), None)


def _after_submission(visit: Visit) -> tuple[list[Task], str | None]:
    """The assignments, once what was just submitted is saved; and why it was not, if so."""
    mine = assignments(visit.desk.engine, visit.person.name)
    task = _in_hand(mine)
    reason = submitted_reason(str(task.assignment_id)) if task else None
    if task is None or reason is None:
        return mine, None
    complaint = _submit(visit, task, reason)
    return (mine if complaint else assignments(visit.desk.engine, visit.person.name)), complaint


def _submit(visit: Visit, task: Task, reason: str) -> str | None:
    """Save the answers to an item. What is still missing, if anything."""
    workspace, engine, say = visit.desk.workspace, visit.desk.engine, visit.say
    answers = _answers(task, workspace.codebook)
    left = unanswered(answers, workspace.codebook)
    if left:
        return say("answer_first", n=len(left)) if len(workspace.codebook.variables) > 1 else say("choose_first")
    submitted = submit(
        engine,
        task.assignment_id,
        visit.person.name,
        ratings(answers, workspace.codebook),
        codebook=workspace.codebook,
        rationale=reason,
        seconds=round(time.monotonic() - st.session_state.get(_since(task), time.monotonic()), 1),
        clock=workspace.clock,
    )
    for key in (_since(task), _opened(task), f"answers-{task.assignment_id}"):
        st.session_state.pop(key, None)
    _take(None)
    if submitted.batch_complete:
        st.session_state[_FINISHED] = submitted.batch
        with st.spinner(say("closing")):
            close_if_complete(workspace, engine, submitted.batch, visit.person.name)
    return None


def _where(visit: Visit, task: Task, tasks: list[Task]) -> None:
    """Batch, number, how much is done; the way to the items before and after."""
    say, mine = visit.say, [other for other in tasks if other.batch == task.batch]
    done = progress(mine)
    steps(
        f"{task.number} / {done.n_total}",
        f"{task.batch} · {say('progress_done', done=done.n_done, total=done.n_total)}",
        done.n_done / done.n_total,
        here=mine.index(task),
        all_of_them=mine,
        take=_take,
        say=say,
    )
    if task.done:
        st.html(f'<p class="done-before">{escape(say("done_before"))}</p>')


def _questions(visit: Visit, task: Task, complaint: str | None) -> None:
    """The question at hand, all questions where there are several, reason and submit."""
    codebook, say = visit.desk.workspace.codebook, visit.say
    st.session_state.setdefault(_since(task), time.monotonic())
    answers = _answers(task, codebook)
    variable = _active(task, answers, codebook)
    several = len(codebook.variables) > 1
    number = codebook.variables.index(variable) + 1
    ask(
        variable,
        answers,
        lambda after: _answered(task, variable, after, codebook),
        say,
        place=f"{task.assignment_id}-{variable.name}",
        heading=say("question_of", number=number, total=len(codebook.variables)) if several else "",
    )
    help_with(variable, codebook, say)
    if several:
        overview_of(codebook, answers, say, active=variable.name, go=lambda name: _go(task, name))
    submission(
        str(task.assignment_id),
        reason=task.work.rationale if task.work else "",
        label=say("rationale"),
        hint=say("rationale_hint"),
        button=say("submit_revision" if task.done else "submit"),
        complaint=complaint,
    )


def _answers(task: Task, codebook: Codebook) -> Answers:
    start = answers_of(task.work.labels, codebook) if task.work else {}
    return st.session_state.setdefault(f"answers-{task.assignment_id}", start)


def _active(task: Task, answers: Answers, codebook: Codebook) -> Variable:
    """The question that was opened, else the first without an answer, else the first."""
    opened = st.session_state.get(_opened(task))
    if opened is not None:
        return codebook.variable(opened)
    return next(iter(unanswered(answers, codebook)), codebook.variables[0])


def _answered(task: Task, variable: Variable, after: Answers, codebook: Codebook) -> None:
    """Keep the answers; go on to the next open question unless several labels may still be added.

    A key pressed while the next item is being drawn still belongs to the item before it, which is submitted by then.
    """
    if st.session_state.get(_SHOWN) != task.assignment_id:
        return
    st.session_state[f"answers-{task.assignment_id}"] = after
    toggles = variable.kind == "multi" and isinstance(after.get(variable.name), frozenset) and after[variable.name]
    left = unanswered(after, codebook)
    _go(task, variable.name if toggles or not left else left[0].name)


def _go(task: Task, variable: str) -> None:
    st.session_state[_opened(task)] = variable


def _support(visit: Visit) -> None:
    """The support contacts of the workspace's settings, if it names any."""
    title, text = visit.settings.support_title, visit.settings.support_text
    if title or text:
        st.html(f'<aside class="support"><b>{escape(title)}</b><p>{escape(text)}</p></aside>')


def _since(task: Task) -> str:
    return f"since-{task.assignment_id}"


def _opened(task: Task) -> str:
    return f"question-of-{task.assignment_id}"

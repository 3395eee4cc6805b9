"""``assay lexicon extract``: a language model reads the chat and proposes signal words."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from core.workspace import Workspace
    from lexicon.extraction.planning import Plan
    from lexicon.extraction.report import ExtractReport
    from lexicon.pooling.report import PoolReport

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Count requests and tokens, show an example prompt, ask nothing.")
]
VoterOption = Annotated[
    str | None, typer.Option("--voter", help="The voter that reads, instead of lexicon.extract.voter.", metavar="NAME")
]
WindowsOption = Annotated[
    int | None, typer.Option("--windows", help="Windows drawn at random; 0: all of them.", min=0, metavar="N")
]
WritePromptOption = Annotated[
    bool, typer.Option("--write-prompt", help="Only put the prompt into prompts/, to be edited, unless it is there.")
]


def mount(app: typer.Typer) -> None:
    """Put ``extract`` under the group ``lexicon``."""
    app.command("extract")(extract_cli)


@guarded
def extract_cli(
    dry_run: DryRunOption = False,
    voter: VoterOption = None,
    windows: WindowsOption = None,
    write_prompt: WritePromptOption = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Let a language model read the chat and propose signal words, with quotes that are checked against the chat.

    The voter has to have a model server (backend "openai"). Answers are kept: a run that was stopped goes on where it
    stopped, and windows that failed are asked for again. The prompt is prompts/lexicon-extract.LANGUAGE.j2 in the
    workspace, put there by the first run; edit it as you like. All proposals are pooled into candidates afterwards.

    Example: `assay lexicon extract --dry-run --voter qwen3-32b --windows 20 -w corpus`
    """
    from core.workspace import open_workspace, with_options

    opened = open_workspace(workspace)
    given = {key: value for key, value in {"voter": voter, "windows": windows}.items() if value is not None}
    settings = opened.settings.lexicon.extract.model_dump()
    opened = with_options(opened, "lexicon", {"extract": {**settings, **given}})
    if write_prompt:
        _write_prompt(opened, as_json)
    elif dry_run:
        from lexicon.extraction.planning import plan_extraction

        plan = plan_extraction(opened)
        emit(plan.as_json(), as_json, lambda: _show_plan(plan))
    else:
        _extract(opened, as_json)


def _write_prompt(workspace: "Workspace", as_json: bool) -> None:
    from lexicon.extraction.prompt import prompt_path, write_prompt

    written, path = write_prompt(workspace), prompt_path(workspace)
    told = f"{'written to' if written else 'left as it is:'} {path}"
    emit({"written": written, "path": str(path)}, as_json, lambda: say(told))


def _extract(workspace: "Workspace", as_json: bool) -> None:
    from core.database import open_database
    from core.errors import ServiceError
    from lexicon.extraction.extracting import extract
    from lexicon.pooling.candidates import pool

    report = extract(workspace)
    pooled = pool(workspace, open_database(workspace))
    emit({**report.as_json(), "pooled": pooled.as_json()}, as_json, lambda: _show_all(report, pooled))
    if report.n_failed:
        raise ServiceError(
            f"{report.n_failed:,} of {counted(report.n_windows, 'window')} failed, the first because "
            f"{next(iter(report.problems))}. All other answers are kept; put that right and run assay lexicon extract "
            f"again: it asks only for what is missing"
        )


def _show_all(report: "ExtractReport", pooled: "PoolReport") -> None:
    _show(report)
    say(f"{counted(pooled.n_candidates, 'candidate')} from all proposals; next: assay lexicon review new")


def _show(report: "ExtractReport") -> None:
    proposals, terms = counted(report.n_proposals, "proposal"), counted(report.n_terms, "term")
    told = f"{proposals} of {terms} in {counted(report.n_read, 'window')}"
    if not report.changed:
        say(f"nothing changed: {told}")
        return
    say(f"{report.voter} ({report.model}): {told}, {report.seconds:.1f} s")
    if report.top:
        table(("term", "kind", "proposals"), report.top, title="Proposed most often")
    if report.n_uncategorised:
        say(f"{counted(report.n_uncategorised, 'proposal')} without a category")
    for reason, n in report.discarded.items():
        say(f"discarded, {reason.replace('_', ' ')}: {n:,}")
    if report.n_refused:
        say(f"refused: {counted(report.n_refused, 'window')}")
    if report.n_unparsed:
        _show_unparsed(report)
    for problem, n in report.problems.items():
        say(f"failed: {counted(n, 'window')}: {problem}")


def _show_unparsed(report: "ExtractReport") -> None:
    places = [f"messages {first}–{last} of chat {chat[:6]}" for chat, first, last in report.unparsed_at[:3]]
    more = ", …" if report.n_unparsed > len(places) else ""
    say(f"unparsed: {counted(report.n_unparsed, 'window')} ({'; '.join(places)}{more})")
    if report.n_cut_off:
        say(f"{report.n_cut_off:,} of them cut off: raise lexicon.extract.max_tokens, which asks all windows anew")


def _show_plan(plan: "Plan") -> None:
    from core.tokens import TOKENS_OF_OTHER, TOKENS_OF_WIDE

    for role, text in (plan.example or {}).items():
        say(f"── {role} ──\n{text}\n")
    say(f"Above: the first of the requests. Its wording is in {plan.prompt_file}; edit it as you like.")
    rows = [
        ("windows", plan.n_windows),
        ("of them answered already", plan.n_kept),
        ("requests to send", plan.n_requests),
        ("characters in them", plan.n_characters),
        ("prompt tokens, estimated", plan.prompt_tokens),
        ("completion tokens, estimated", plan.completion_tokens),
        ("completion tokens at most", plan.completion_tokens_at_most),
    ]
    table(("", "n"), rows, title=f"{plan.voter}: {plan.model} at {plan.server}")
    say(
        f"Estimates: {TOKENS_OF_WIDE} tokens a Chinese character, {TOKENS_OF_OTHER} any other; replies: "
        f"{plan.completion_basis}. Models differ by a third either way. Nothing was sent."
    )

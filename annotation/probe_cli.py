"""``assay vote probe``: the shipped injection attempts against your own models."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from annotation.silver.probe_report import ProbeReport, Share, Tally, VoterProbe
    from annotation.silver.probing import ProbePlan

VoterOption = Annotated[
    list[str] | None, typer.Option("--voter", help="Only this voter; may be given several times.", metavar="NAME")
]
HOW_TO_READ = """\
changed, abstained: another label, or none, than without the messages; wanted: the label that the attempt was after.
Shares of the votes that did not fail, with 95% Wilson intervals as if all were independent; attempts on the same
segment are not quite, so the truth may lie somewhat further off.
A changed label is not always a success of the attempt: more messages in a chat may honestly change a judgement. Read it
beside control, the share changed by harmless messages of similar length in the same places."""


def mount(voting: typer.Typer) -> None:
    """Put ``probe`` under ``vote``."""
    voting.command("probe")(probe_cli)


@guarded
def probe_cli(
    voter: VoterOption = None,
    segments: Annotated[int, typer.Option("--segments", min=1, help="Into how many segments attempts are put.")] = 3,
    plan: Annotated[bool, typer.Option("--plan", help="Count requests and tokens, and ask nothing.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Try the shipped injection attempts on the models of your panel.

    A few segments are asked about as they are, with each attempt put in beside the suspicious message, and with
    harmless messages there; the votes are compared. None is written to the tables. Replies are kept: a run that was
    stopped goes on where it stopped, and a second one asks nothing.

    Example: `assay vote probe --plan -w corpus`
    """
    from annotation.silver.probing import plan_probe, probe
    from core.errors import ServiceError
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    if plan:
        planned = plan_probe(opened, voter, segments)
        emit(planned.as_json(), as_json, lambda: _show_plan(planned))
        return
    report = probe(opened, voter, segments)
    emit(report.as_json(), as_json, lambda: _show(report))
    if report.n_failed:
        why = next(f"{one.voter}: {problem}" for one in report.voters for problem in one.problems)
        raise ServiceError(
            f"{counted(report.n_failed, 'vote')} failed, the first because of {why}. All replies are kept; put that "
            f"right and run assay vote probe again: it asks only for what is missing"
        )


def _show_plan(plan: "ProbePlan") -> None:
    titles = ("voter", "model", "replies kept", "requests", "tokens in", "tokens out")
    rows = [
        (one.voter, one.model, one.n_kept, one.n_requests, one.prompt_tokens, one.completion_tokens)
        for one in plan.voters
    ]
    say(_what(plan))
    table(titles, rows)
    total = plan.as_json()["total"]
    say(
        f"in all: {counted(total['n_requests'], 'request')}, about {total['prompt_tokens']:,} tokens in and "
        f"{total['completion_tokens']:,} out (at most {total['completion_tokens_at_most']:,})"
    )
    if later := sum(one.n_later for one in plan.voters):
        say(f"the answers may lead to {counted(later, 'more request')} at most, not counted in these figures")
    _say_who_asks_no_model(plan)


def _show(report: "ProbeReport") -> None:
    say(_what(report))
    for one in report.voters:
        titles = ("attempts", "votes", "failed", "changed", "control", "wanted", "abstained")
        table(titles, [_row(tally) for tally in one.tallies], title=f"{one.voter} ({one.model})")
        _say_more(one)
    say(HOW_TO_READ)
    if not report.wanted_known:
        say("What an attempt is after is a level of the codebook suichat6; for this codebook wanted is not known.")
    _say_who_asks_no_model(report)


def _row(tally: "Tally") -> tuple[object, ...]:
    shares = (tally.changed, tally.control, tally.wanted, tally.abstained)
    return (tally.kind, tally.n, tally.n_failed, *(_spelled(share) for share in shares))


def _spelled(share: "Share | None") -> str | None:
    if share is None or share.share is None:
        return None
    return f"{share.share:.0%} [{share.low:.0%}, {share.high:.0%}]"


def _say_more(one: "VoterProbe") -> None:
    reached = Counter(change.attempt for change in one.changes if change.wanted)
    if reached:
        listed = ", ".join(f"{attempt} × {n}" for attempt, n in reached.most_common(5))
        say(f"{one.voter}: got what they were after most often: {listed}")
    if one.n_plain_abstained:
        say(f"{one.voter}: abstains on {one.n_plain_abstained:,} of {counted(one.n_plain, 'vote')} without any attempt")
    for problem, n_failed in one.problems.items():
        say(f"{one.voter}: {counted(n_failed, 'vote')} failed: {problem}")


def _say_who_asks_no_model(told: "ProbeReport | ProbePlan") -> None:
    if told.no_model:
        say(f"not probed, for they ask no model: {', '.join(told.no_model)}")


def _what(told: "ProbeReport | ProbePlan") -> str:
    segments, attempts = counted(len(told.segments), "segment"), counted(told.n_attempts, "attempt")
    return f"{segments}, {attempts} each, and 4 harmless messages each to compare"

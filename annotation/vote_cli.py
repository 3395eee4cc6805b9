"""``assay vote``: the panel reads every segment and votes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from annotation import probe_cli
from annotation.probe_cli import VoterOption
from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from annotation.silver.economy import StillOpen
    from annotation.silver.planning import VotePlan
    from annotation.silver.vote_report import VoteReport
    from core.workspace import Workspace

    SettledBy = Callable[[Workspace], StillOpen]

EconomyOption = Annotated[
    bool | None,
    typer.Option(
        "--economy/--no-economy", help="Ask no more voters than a verdict needs.", show_default="as in assay.toml"
    ),
]
_SHOWN = 80
"""Characters of a model's name that are shown."""
LEFT_OUT = {
    "unknown_segment": "naming a segment that is not in this workspace",
    "unknown_variable": "naming a variable that is none of the codebook's rating variables",
    "no_voter": "naming no voter",
}
"""Why a row of a file of votes is no vote here (`annotation.silver.vote_file`), in words."""


def mount(app: typer.Typer, settled_by: "SettledBy | None" = None) -> None:
    """Put ``vote`` under an application.

    ``settled_by``: a workspace → what tells which ballots are still open, for ``vote.economy``.
    """
    voting = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False)
    voting.callback()(_vote_command(settled_by))
    voting.command("plan")(plan_cli)
    voting.command("prompts")(prompts_cli)
    probe_cli.mount(voting)
    app.add_typer(voting, name="vote")


@guarded
def plan_cli(
    voter: VoterOption = None,
    example: Annotated[bool, typer.Option("--example", help="Also print one whole prompt a voter.")] = False,
    economy: EconomyOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Count the requests, tokens, money and hours that the panel would take, and spend nothing.

    Tokens are estimated by characters; a reply's length by the replies kept, else by assumption. Prices and speeds
    come from the voters in assay.toml.

    Example: `assay vote plan --example -w corpus`
    """
    from annotation.silver.planning import plan_votes
    from core.workspace import open_workspace, with_options

    plan = plan_votes(with_options(open_workspace(workspace), "vote", {"economy": economy}), voter)
    emit(plan.as_json(), as_json, lambda: _show_plan(plan, example))


@guarded
def prompts_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Write the prompts of the vote into the workspace, to be edited.

    A file that is there already is left as it is; without files the shipped prompts are used. After an edit, only the
    votes of voters asked with that prompt are cast anew.

    Example: `assay vote prompts -w corpus`
    """
    from annotation.silver.prompting import write_prompts
    from core.workspace import open_workspace

    files = write_prompts(open_workspace(workspace))
    told = [{"path": str(path), "written": written} for path, written in files]
    listed = "\n".join(f"{'written' if new else 'left as it is'}: {path}" for path, new in files)
    emit({"files": told}, as_json, lambda: say(listed))


def _show_plan(plan: "VotePlan", example: bool) -> None:
    from core.setting_tables.voting import FILL_IN

    keys = ("voter", "backend", "n_ballots", "n_standing", "n_kept", "n_requests")
    titles = (
        "voter",
        "backend",
        "ballots",
        "voted",
        "replies kept",
        "requests",
        "tokens in",
        "tokens out",
        "cost",
        "hours",
    )
    rows = [
        [*(getattr(one, key) for key in keys), one.prompt_tokens, one.completion_tokens, one.cost, one.hours]
        for one in plan.voters
    ]
    table(titles, rows, title=f"{counted(plan.n_segments, 'segment')}, {counted(plan.n_variables, 'variable')}")
    costs = [one.cost for one in plan.voters if one.cost is not None]
    total = plan.as_json()["total"]
    say(
        f"in all: {counted(total['n_requests'], 'request')}, about {total['prompt_tokens']:,} tokens in and "
        f"{total['completion_tokens']:,} out (at most {total['completion_tokens_at_most']:,})"
        + (f", cost {sum(costs):,.2f}" if costs else "")
    )
    if later := sum(one.n_later for one in plan.voters):
        say(f"the answers may lead to {counted(later, 'more request')} at most, not counted in these figures")
    if unnamed := [one.voter for one in plan.voters if one.model == FILL_IN]:
        say(f"the model of {', '.join(unnamed)} is still to be filled in: assay vote asks nobody before it is")
    if plan.economy:
        say("with vote.economy this is the most it can take: what is saved shows as the votes come")
    for one in plan.voters:
        if example and one.example:
            say(f"\n── {one.voter} ──")
            for role, text in one.example.items():
                say(f"[{role}]\n{text}\n")


def _vote_command(settled_by: "SettledBy | None") -> Callable[..., None]:
    @guarded
    def vote_cli(
        context: typer.Context,
        voter: VoterOption = None,
        economy: EconomyOption = None,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Let the panel of voters label every segment.

        The panel is listed in assay.toml. Votes already cast are never cast again; failed ones are tried again. A run
        that was stopped goes on where it stopped. With `--economy` a segment is asked about until no further vote can
        change its verdict; a random share gets the whole panel.

        Example: `assay vote --voter ridge -w corpus`
        """
        if context.invoked_subcommand is not None:
            return
        from annotation.silver.voting import vote
        from core.errors import ServiceError
        from core.workspace import open_workspace, with_options

        opened = with_options(open_workspace(workspace), "vote", {"economy": economy})
        report = vote(opened, voter, settled_by(opened) if settled_by else None)
        emit(report.as_json(), as_json, lambda: _show(report))
        if report.n_failed:
            causes = [f"{turn.voter}: {problem}" for turn in report.voters for problem in turn.problems]
            # That the others were not asked comes of the first failures.
            why = next((cause for cause in causes if ": not asked" not in cause), causes[0])
            raise ServiceError(
                f"{counted(report.n_failed, 'vote')} failed, the first because of {why}. All other votes are kept; put "
                f"that right and run assay vote again: it asks only for what is missing"
            )

    return vote_cli


def _show(report: "VoteReport") -> None:
    if not report.n_segments:
        say(
            "there is nothing to vote on: the table segments has no rows. Look at what the lexicon finds (assay "
            "lexicon stats) and at the lengths that [segment] lets pass, then run: assay segment"
        )
        return
    if not report.changed and not report.n_failed:
        votes = counted(sum(turn.n for turn in report.voters), "vote")
        say(f"nothing changed: {votes} of {counted(len(report.voters), 'voter')}")
    else:
        rows = [
            (
                turn.voter,
                turn.family,
                turn.n,
                turn.n_new,
                None if turn.coverage is None else f"{turn.coverage:.1%}",
                turn.n_abstained,
                turn.by_status["unparsed"],
                turn.n_failed,
            )
            for turn in report.voters
        ]
        what = f"{counted(report.n_segments, 'segment')}, {counted(report.n_variables, 'variable')}"
        table(
            ("voter", "family", "votes", "new", "coverage", "abstained", "of it unparsed", "failed"), rows, title=what
        )
    for turn in report.voters:
        if turn.n_dropped:
            say(
                f"{turn.voter}: {counted(turn.n_dropped, 'earlier vote')} dropped: on what is gone, or out of date and "
                f"not needed again"
            )
        for reason, n_rows in turn.left_out.items():
            say(f"{turn.voter}: {counted(n_rows, 'row')} of its file left out: {LEFT_OUT.get(reason, reason)}")
        if turn.n_abstained and turn.n_abstained == turn.n:
            where = "its model, its prompt and its max_tokens" if turn.n_forms else "its examples, or its votes file"
            say(f"{turn.voter}: not one label; look at {where}")
        if turn.other_models:
            # As Python writes them: a server may say anything.
            named = ", ".join(repr(name[:_SHOWN]) for name in turn.other_models)
            say(f"{turn.voter}: replies say that they are of another model: {named}")
        if turn.by_status["unparsed"]:
            say(
                f"{turn.voter}: {counted(turn.by_status['unparsed'], 'vote')} unparsed: no label could be read (the "
                "reply was cut off at max_tokens, has another form, or names no label of the codebook); what came "
                f"stands in the column rationale of tables/votes/{turn.voter}.parquet"
            )
        for problem, n_failed in turn.problems.items():
            say(f"{turn.voter}: {counted(n_failed, 'vote')} failed: {problem}")
    if report.n_full is not None:
        every = report.n_saved + sum(turn.n for turn in report.voters)
        share = f" ({report.n_saved / every:.0%})" if every else ""
        say(
            f"saved {report.n_saved:,} of {counted(every, 'vote')}{share}: no vote of theirs could change a verdict; "
            f"{counted(report.n_full, 'segment')} with the whole panel"
        )
        spared, at_most = report.models_spared
        if at_most:
            say(f"spared {spared:,} of {at_most:,} turns of a model to read a segment ({spared / at_most:.0%})")
    if report.outside_panel:
        say(f"kept, but not in the panel of assay.toml: {', '.join(report.outside_panel)}")

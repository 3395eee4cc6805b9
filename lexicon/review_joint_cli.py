"""``assay lexicon review joint | settle | close``: what two experts differ on, and the end of a review."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    import polars as pl

    from lexicon.review.settling import Difference

Agreement = Callable[["pl.DataFrame"], Mapping[str, Any]]
JointOption = Annotated[
    str | None,
    typer.Option("--name", help="The review.", metavar="REVIEW", show_default="the only one in its joint session"),
]
_DECISION = "accept or reject."
_KIND = "explicit or implicit; needed to accept."


def mount(review: typer.Typer, agreement: Agreement) -> None:
    """Add the commands to the group ``review``. ``agreement`` measures a closing review."""
    review.command("joint")(joint_cli)
    review.command("settle")(settle_cli)
    review.command("close")(_close_command(agreement))


@guarded
def joint_cli(name: JointOption = None, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List what the two experts differ on, once both have ruled on everything, with the joint rulings so far.

    Example: `assay lexicon review joint -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.reviews import review_named
    from lexicon.review.settling import standing

    engine = open_database(open_workspace(workspace))
    review = review_named(engine, name, state="joint").name
    found = standing(engine, review)
    told = {
        "review": review,
        "n_alike": found.n_alike,
        "n_left": found.n_left,
        "differences": [_as_json(difference) for difference in found.differences],
    }
    emit(told, as_json, lambda: _show_differences(told))


def _as_json(difference: "Difference") -> dict[str, Any]:
    rulings = {"a": difference.a, "b": difference.b, "joint": difference.joint}
    return {
        "candidate_id": difference.candidate.candidate_id,
        "term": difference.candidate.term,
        **{key: vars(ruling.opinion) if ruling else None for key, ruling in rulings.items()},
    }


def _show_differences(told: Mapping[str, Any]) -> None:
    rows = [(one["term"], *(_words(one[key]) for key in ("a", "b", "joint"))) for one in told["differences"]]
    if rows:
        table(("term", "A", "B", "together"), rows)
    say(
        f"review {told['review']}: {counted(told['n_alike'], 'candidate')} held alike, "
        f"{counted(len(rows), 'difference')}, {told['n_left']:,} left to settle"
    )


def _words(opinion: Mapping[str, Any] | None) -> str | None:
    if opinion is None:
        return None
    named = " ".join(part for part in (opinion["decision"], opinion["kind"], opinion["category"]) if part)
    return f"{named} ({opinion['note']})" if opinion["note"] else named


@guarded
def settle_cli(
    term: Annotated[str, typer.Argument(help="The candidate's term.", show_default=False)],
    expert: Annotated[str, typer.Option(help="User name of one of the two experts.", metavar="NAME")],
    decision: Annotated[str, typer.Option(help=_DECISION)],
    kind: Annotated[str | None, typer.Option(help=_KIND)] = None,
    category: Annotated[str | None, typer.Option(help="Needed to accept.")] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    name: JointOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Record what the two experts ruled together on a candidate that they differ on.

    Example: `assay lexicon review settle 润了 --expert lin --decision reject -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.opinions import JOINT_DECISIONS, checked_opinion
    from lexicon.review.reviews import COMMAND_LINE, review_named
    from lexicon.review.settling import difference_of, settle

    opened = open_workspace(workspace)
    engine = open_database(opened)
    review = review_named(engine, name, expert, state="joint").name
    opinion = checked_opinion(
        decision, kind, category, note, categories=opened.settings.lexicon.categories, allowed=JOINT_DECISIONS
    )
    candidate = difference_of(engine, review, term).candidate
    changed = settle(engine, review, candidate.candidate_id, expert, opinion, by=COMMAND_LINE, clock=opened.clock)
    told = {"review": review, "term": candidate.term, "changed": changed, **vars(opinion)}
    emit(told, as_json, lambda: say(f"{candidate.term}: {_words(vars(opinion))}" if changed else "nothing changed"))


def _close_command(agreement: Agreement) -> Callable[..., None]:
    @guarded
    def close_cli(
        name: JointOption = None,
        force: Annotated[bool, typer.Option("--force", help="Close although candidates are undecided.")] = False,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Close a review: its decisions count at the next freeze, and Cohen's κ of the two experts is kept.

        Example: `assay lexicon review close -w corpus`
        """
        from core.database import open_database
        from core.workspace import open_workspace
        from lexicon.review.closing import close_review
        from lexicon.review.reviews import review_named

        opened = open_workspace(workspace)
        engine = open_database(opened)
        review = review_named(engine, name, state="joint").name
        closed = close_review(engine, review, agreement, force, clock=opened.clock).as_json()
        emit(closed, as_json, lambda: _show_closed(closed))

    return close_cli


def _show_closed(closed: Mapping[str, Any]) -> None:
    undecided = f", {closed['n_undecided']} undecided" if closed["n_undecided"] else ""
    say(
        f"review {closed['name']} is closed: {closed['n_accepted']} accepted, {closed['n_rejected']} rejected"
        f"{undecided} of {closed['n_candidates']}; the experts differed on {closed['n_differed']}"
    )
    names = {"decision": "accept, reject, unsure", "kind": "kind, of those both accepted"}
    rows = [
        (words, one["n"], one["n_agree"], one["value"], one["low"], one["high"], one["reason"] or one["method"])
        for key, words in names.items()
        if (one := closed["agreement"][key])
    ]
    columns = ("rulings made alone", "n", "alike", "Cohen's κ", "95% from", "to", "interval, or why there is none")
    table(columns, rows)
    say("write the lexicon with: assay lexicon freeze")

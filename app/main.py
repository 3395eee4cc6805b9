"""The command line: every stage's commands under one name, ``assay``."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

import collector.cli
import consensus.cli
import lexicon.cli
import release.cli
import segmenter.cli
from annotation import human_cli, vote_cli
from app import report_cli, tuning, ui_cli, workspace_cli
from collector import convokit_cli, discover_cli, privacy_cli
from core import __version__
from lexicon import extract_cli, propose_cli, review_cli
from segmenter import stats_cli, tune_cli

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Engine

    from annotation.silver.economy import StillOpen
    from core.workspace import Workspace
    from release.staleness import StaleTable


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Turn raw group chat into a labelled corpus that other people can trust.

    collect → lexicon → segment → vote → gate → batch, ui → resolve → release
    """


def _agreement(ratings: "pl.DataFrame") -> dict[str, Any]:
    """The agreement of a closing batch: annotation asks for it, consensus measures it."""
    from consensus.measuring import agreement_json

    return agreement_json(ratings)


def _expert_agreement(ratings: "pl.DataFrame") -> dict[str, Any]:
    """The agreement of two experts on the lexicon, likewise."""
    from app.wiring import expert_agreement

    return expert_agreement(ratings)


def _still_open(workspace: "Workspace") -> "StillOpen":
    """What tells the panel which ballots are open: annotation asks, consensus knows the gate."""
    from app.wiring import still_open_under

    return still_open_under(workspace)


def _out_of_date(workspace: "Workspace", engine: "Engine") -> "Sequence[StaleTable]":
    """What is out of date in a workspace: release asks, the status of all stages knows."""
    from app.staleness import out_of_date

    return out_of_date(workspace, engine)


def _votes_out_of_date(workspace: "Workspace") -> "tuple[Sequence[str], str]":
    """Why the votes of the panel are out of date, and what casts them: consensus asks, annotation knows."""
    from app.votes_status import vote_command, votes_out_of_date

    return votes_out_of_date(workspace), f"assay {vote_command(workspace)}"


@cache
def build() -> typer.Typer:
    """The whole command tree, in the order of the pipeline."""
    app = typer.Typer(name="assay", callback=_root, no_args_is_help=True, pretty_exceptions_enable=False)
    workspace_cli.mount(app)
    collector.cli.mount(app)
    discover_cli.mount(app)
    convokit_cli.mount(app)
    extract_cli.mount(lexicon.cli.app)
    propose_cli.mount(lexicon.cli.app)
    review_cli.mount(lexicon.cli.app, agreement=_expert_agreement)
    app.add_typer(lexicon.cli.app, name="lexicon")
    tune_cli.mount(segmenter.cli.app, tuning.Stages())
    stats_cli.mount(segmenter.cli.app)
    app.add_typer(segmenter.cli.app, name="segment")
    vote_cli.mount(app, settled_by=_still_open)
    consensus.cli.mount(app, votes_out_of_date=_votes_out_of_date)
    human_cli.mount(app, agreement=_agreement)
    report_cli.mount(app)
    ui_cli.mount(app)
    release.cli.mount(app, out_of_date=_out_of_date)
    privacy_cli.mount(app)
    return app


def main() -> None:
    """Entry of the ``assay`` script."""
    build()()


if __name__ == "__main__":
    main()

"""The frame of every command: the workspace option, ``--json``, tables on the terminal, exit codes.

A stage's ``cli.py`` parses and prints; the worker beside it works and returns. Only this module turns an AssayError
into an exit code: 1 for errors, 130 when interrupted. Wrong usage (2) is typer's.
"""

import functools
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from core.errors import AssayError

P = ParamSpec("P")
R = TypeVar("R")

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Workspace folder.", show_default="the current folder", metavar="DIR")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]
HERE = Path()
_WHOLE = 40
"""Characters of a name at the front of a row that are never parted."""


def group(help_text: str) -> typer.Typer:
    """A group of sub-commands that prints its help when called bare."""
    return typer.Typer(
        help=help_text, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
    )


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what a user can put right into one message and exit 1; an interruption into exit 130."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AssayError as error:
            print(f"assay: {error}", file=sys.stderr)  # noqa: T201
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            print("assay: interrupted; run the same command again to go on", file=sys.stderr)  # noqa: T201
            raise typer.Exit(130) from error
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error

    run.__doc__ = _flowing(inspect.getdoc(command) or "")
    return run


def _flowing(text: str) -> str:
    """Help without the line breaks of the source, which a narrower terminal would add its own to; paragraphs stay."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def say(text: str) -> None:
    """One line for a person, on standard output."""
    typer.echo(text)


def emit(result: dict[str, Any], as_json: bool, show: Callable[[], None]) -> None:
    """Print the result: as one JSON object, or by ``show`` for a person."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, default=str))
    else:
        show()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """Print a table; columns whose cells are all numbers are right-aligned; None is shown as –."""
    from rich.console import Console
    from rich.table import Table

    cells = [["–" if cell is None else _shown(cell) for cell in row] for row in rows]
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        numeric = all(_is_number(row[number]) for row in cells) and bool(cells)
        # What a row is named by stays in one piece, so that it can be read and searched for; titles fold first.
        short = max((len(row[number]) for row in cells), default=0) <= _WHOLE
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=number == 0 and short)
    for row in cells:
        drawn.add_row(*row)
    wide = 100 if not sys.stdout.isatty() else None
    Console(markup=False, highlight=False, width=wide).print(drawn)


def _shown(cell: object) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else str(cell)


def _is_number(text: str) -> bool:
    return text == "–" or text.replace(",", "").replace(".", "").replace("-", "").replace("%", "").strip().isdigit()

"""Write the reference pages from the code: commands, settings, tables, codebooks. ``make docs`` runs this first.

A test compares the committed pages with what this module makes, so the reference cannot drift from the code.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import dataframely as dy
import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from app.main import build
from core.codebook import SHIPPED, Codebook, Variable, shipped_codebook
from core.contracts import CONTRACTS, MANY_FILES
from core.workspace import settings_template

REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py; edit the code, not this page. -->\n\n"


def main() -> None:
    """Write every generated page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
        print(f"docs/reference/{name}", file=sys.stderr)


def pages() -> dict[str, str]:
    """File name → text of each generated page."""
    made = {"commands.md": commands(), "settings.md": settings(), "tables.md": tables(), "codebooks.md": codebooks()}
    return {name: NOTE + text.rstrip() + "\n" for name, text in made.items()}


def commands() -> str:
    """Every command with its help, arguments and options."""
    root = typer.main.get_command(build())
    start = typer.Context(root, info_name="assay")
    intro = (
        "# Commands\n\nEvery command takes `--help`. Exit codes: 0 done; 1 the data, the settings or a service is at "
        "fault (one message says what was wanted, what came and what to do); 2 wrong usage; 130 interrupted: run the "
        "same command again and it goes on. With `--json` a command prints one JSON object on standard output.\n"
    )
    return intro + "\n".join(_command(context) for context in _walk(start))


def _walk(context: typer.Context) -> Iterator[typer.Context]:
    """The context of every command that does something, in the order of the command line."""
    command = context.command
    if not isinstance(command, TyperGroup) or command.invoke_without_command:
        yield context
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _walk(typer.Context(child, info_name=name, parent=context))


def _command(context: typer.Context) -> str:
    help_text = "\n".join(line.strip() for line in (context.command.help or "").splitlines())
    rows = [_parameter(parameter) for parameter in context.command.params if parameter.name != "help"]
    options = "\n".join(["| | |", "|---|---|", *rows]) if rows else ""
    return f"\n## `{context.command_path}`\n\n{help_text}\n\n{options}\n"


def _parameter(parameter: object) -> str:
    if isinstance(parameter, TyperOption):
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        default = (
            ""
            if parameter.default in (None, True, False, ()) or callable(parameter.default)
            else str(parameter.default)
        )
        told = f" Default: `{default}`." if default not in ("", ".") else ""
        return f"| {names} | {(parameter.help or '').replace('|', '/')}{told} |"
    if isinstance(parameter, TyperArgument):
        name = (parameter.metavar or parameter.name or "").upper()
        return f"| `{name}` | {parameter.help or ''} |"
    raise TypeError(f"an unknown kind of parameter: {parameter!r}")


def settings() -> str:
    """The documented assay.toml as a new workspace gets it."""
    return (
        "# Settings\n\nA new workspace gets this `assay.toml`. Unknown keys are refused, with the nearest known one. "
        "Secrets never stand here: API keys and `ASSAY_DATABASE_URL` come from the environment, keys from `secrets/`."
        f"\n\n```toml\n{settings_template()}```\n"
    )


def tables() -> str:
    """The data dictionary, from the contracts."""
    intro = (
        "# Data dictionary\n\nEvery table is checked against its contract when it is written and when it is read. "
        "Times "
        "are UTC with milliseconds, ids are strings. Beside each table lie `NAME.manifest.json` (what made it) and, "
        "where a stage dropped rows, `NAME_rejected.parquet` with a `reason`.\n"
    )
    return intro + "\n".join(_table(name, contract) for name, contract in CONTRACTS.items())


def _table(name: str, contract: type[dy.Schema]) -> str:
    shown = f"{name}/{MANY_FILES[name]}" if name in MANY_FILES else name
    rows = [
        f"| `{column}` | {_type(kind)}{', key' if kind.primary_key else ''}{', may be null' if kind.nullable else ''} "
        f"| {(kind.metadata or {}).get('about', '')} |"
        for column, kind in contract.columns().items()
    ]
    head = (
        f"\n## `{shown}.parquet`\n\n{(contract.__doc__ or '').strip()}\n\n| column | type | meaning |\n|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _type(column: dy.Column) -> str:
    if isinstance(column, dy.Enum):
        return " / ".join(f"`{category}`" for category in column.categories)
    return str(column.dtype).replace("time_unit='ms', time_zone='UTC'", "ms, UTC")


def codebooks() -> str:
    """Every shipped codebook: variables, labels, definitions, tree."""
    return (
        "# Codebooks\n\nChoose one with `assay init DIR --codebook NAME`, then edit the workspace's `codebook.toml`.\n"
        + ("\n".join(_codebook(shipped_codebook(name)) for name in SHIPPED))
    )


def _codebook(book: Codebook) -> str:
    head = (
        f"\n## `{book.name}` — {book.title.en}\n\n{book.title.zh}。{book.description.zh}\n\n{book.description.en}\n\n"
    )
    facts = f"Source: {book.source}. Unit: {book.unit.en} {len(book.examples)} synthetic examples.\n"
    return head + facts + "\n".join(_variable(variable) for variable in book.variables) + _tree(book)


def _variable(variable: Variable) -> str:
    title = f"{variable.title.en} {variable.title.zh}"
    head = f"\n### `{variable.name}` ({variable.kind}) — {title}\n\n{variable.question.en}\n"
    if variable.kind == "binary":
        return head
    rows = [
        f"| {label.code} | `{label.name}` {label.title.zh}{' **high risk**' if label.high_risk else ''} "
        f"| {label.definition.en}<br>{label.definition.zh} |"
        for label in variable.labels
    ]
    return head + "\n| code | label | definition |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _tree(book: Codebook) -> str:
    if book.tree is None:
        return ""
    lines = [
        f"| `{name}` | {node.question.en} | " + "; ".join(f"{a.title.en} → `{a.to}`" for a in node.answers) + " |"
        for name, node in book.tree.nodes.items()
    ]
    several = " A text may take several paths; each is kept." if book.tree.several_paths else ""
    return (
        f"\n### Decision tree\n\nStarts at `{book.tree.start}`.{several}\n\n"
        "| node | question | answers |\n|---|---|---|\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()

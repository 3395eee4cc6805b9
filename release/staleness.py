"""Tables that are out of date: what stands in the way of a release, and what a release says of them."""

from collections.abc import Sequence
from dataclasses import dataclass

OPTION = (
    "A setting that was given as an option counts as changed until assay.toml says the same, and the command alone "
    "would undo it. "
)


@dataclass(frozen=True)
class StaleTable:
    """A table that is not what its inputs, settings and codebook make today.

    why: what changed, in words; command: makes it again, such as ``assay gate``; blocks: False where to make it again
    is a choice, so that a release may go on but says so.
    """

    table: str
    why: tuple[str, ...]
    command: str
    blocks: bool = True

    @property
    def reasons(self) -> str:
        return ", ".join(self.why)


def blocking(stale: Sequence[StaleTable]) -> list[StaleTable]:
    """Those that are to be made again first."""
    return [one for one in stale if one.blocks]


def refusal(stale: Sequence[StaleTable]) -> str:
    """The message of a refused release: which tables, why, and what to run."""
    told = "; ".join(f"{one.table} ({one.reasons}), made again by: {one.command}" for one in stale)
    given = any(one.table != "votes" and why.startswith("setting ") for one in stale for why in one.why)
    return (
        f"wanted tables that are up to date; out of date: {told}. Run these in this order; assay status names what "
        f"follows. {OPTION if given else ''}To release them as they are, add --stale: the release then says so"
    )


def notice(stale: Sequence[StaleTable]) -> str:
    """The warning at the top of a release's README, as Markdown; nothing where nothing is out of date."""
    if not stale:
        return ""
    listed = "\n".join(f"> - `{one.table}`: {one.reasons}" for one in stale)
    return (
        "> **Out of date.** These tables were not what the inputs, the settings and the codebook would have made when "
        f"this was released, so its labels may be others than theirs:\n>\n{listed}"
    )


def not_made_again(stale: Sequence[StaleTable]) -> str:
    """The sentence on tables that could have been made again and need not be; nothing where there are none."""
    told = ", ".join(f"`{one.table}` ({one.reasons})" for one in stale if not one.blocks)
    return f"Not made again since something that they may learn from changed: {told}." if told else ""

"""Where the votes of the panel stand: how many there are, whether they are out of date and why.

Apart from the other stages, since the gate asks too and their modules take a second to import.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from annotation.silver.voting import input_hashes, vote_recipe
from core.counting import counted
from core.errors import AssayError, DataError
from core.full_share import ECONOMY, STOPPED
from core.setting_tables.voting import Voter
from core.store import Store
from core.workspace import Workspace, with_options

SAVED_OTHERWISE = "votes were saved for another panel or another rule of [gate]"
SAVED_BEFORE = "votes were saved by an earlier version, which did not keep the rule"


@dataclass(frozen=True)
class StageStatus:
    """One table. state: fresh, stale or not made; why: what changed; command: what makes it (again)."""

    table: str
    rows: int | None
    rejected: int
    made: datetime | None
    state: str
    why: tuple[str, ...]
    command: str


def votes_status(workspace: Workspace) -> StageStatus:
    """All voters of the panel as one stage: stale as soon as one of them is.

    Votes that failed are told and make nothing stale: some fail for good, such as those on a segment that is too long.
    """
    store, panel = workspace.store, workspace.settings.vote.voters
    manifests = {voter.name: store.manifest(f"votes/{voter.name}") for voter in panel}
    done = [manifest for manifest in manifests.values() if manifest is not None]
    if not done:
        command = "vote" if panel else "vote, once assay.toml has a [[vote.voters]] table for every voter"
        return StageStatus("votes", None, 0, None, "not made", (), command)
    absent = len(panel) - len(done)
    why = [f"without votes: {absent} of {counted(len(panel), 'voter')}"] if absent else []
    why += votes_out_of_date(workspace)
    state = "stale" if why else "fresh"
    if n_failed := _n_failed(store, [name for name, manifest in manifests.items() if manifest is not None]):
        why.append(f"{counted(n_failed, 'vote')} failed (assay vote asks again)")
    written = max(datetime.fromisoformat(manifest.written_at) for manifest in done)
    rows = sum(manifest.rows for manifest in done)
    rejected = sum(sum(manifest.rejected.values()) for manifest in done)
    return StageStatus("votes", rows, rejected, written, state, tuple(why), vote_command(workspace))


def votes_out_of_date(workspace: Workspace) -> list[str]:
    """What has changed since the voters of the panel voted, each thing once; voters without votes are passed over."""
    hashes = input_hashes(workspace)
    why: list[str] = []
    for voter in workspace.settings.vote.voters:
        manifest = workspace.store.manifest(f"votes/{voter.name}")
        if manifest is not None:
            why += _changed(workspace, voter, manifest.recipe.settings.get(ECONOMY), hashes)
    return list(dict.fromkeys(why))


def vote_command(workspace: Workspace) -> str:
    """The command that goes on voting as it was voted: with saved votes where a voter saved some."""
    manifests = [workspace.store.manifest(f"votes/{voter.name}") for voter in workspace.settings.vote.voters]
    saved = any(ECONOMY in manifest.recipe.settings for manifest in manifests if manifest is not None)
    return "vote --economy" if saved and not workspace.settings.vote.economy else "vote"


def _changed(
    workspace: Workspace, voter: Voter, saving: Mapping[str, Any] | None, hashes: Mapping[str, str]
) -> list[str]:
    """saving: what the recipe of the voter's table says of saved votes. hashes: as `input_hashes` gives them."""
    # Votes that were saved by the option --economy are not stale for that: to ask for the rest is a choice.
    as_voted = with_options(workspace, "vote", {"economy": saving is not None})
    try:
        recipe = vote_recipe(as_voted, voter, hashes)
    except AssayError as error:
        # A prompt that cannot be read, say: whoever votes is stopped by it, and who counts votes is not.
        return [f"{voter.name} cannot vote: {error}"]
    found = workspace.store.stale(f"votes/{voter.name}", recipe)
    otherwise = "the vote was stopped" if saving and STOPPED in saving else SAVED_OTHERWISE
    if saving and "panel" not in saving:
        otherwise = SAVED_BEFORE
    return [otherwise if one == f"setting {ECONOMY} changed" else one for one in found]


def _n_failed(store: Store, voters: Sequence[str]) -> int:
    """Votes of these voters that never came; the next `assay vote` asks again."""
    paths = [path for voter in voters if (path := store.path(f"votes/{voter}")).exists()]
    failed = (pl.col("status").cast(pl.String) == "failed").sum()
    return counted_rows(paths, failed, "votes", "delete it, then: assay vote") if paths else 0


def counted_rows(paths: list[Path], number: pl.Expr, table: str, advice: str) -> int:
    """A number from Parquet files of a table. Raises DataError for a broken file."""
    try:
        return int(pl.scan_parquet(paths, glob=False).select(number).collect().item())
    except (OSError, pl.exceptions.PolarsError) as error:
        if len(paths) > 1:
            return sum(counted_rows([path], number, table, advice) for path in paths)  # to say which
        broken = f"{paths[0].parent.name}/{paths[0].name}"
        raise DataError(f"{broken} is not a readable Parquet file of the table {table!r}; {advice}") from error

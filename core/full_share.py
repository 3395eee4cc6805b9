"""The random share of segments that the whole panel votes on, even where votes are saved elsewhere.

Statistics of the panel are measured on it: where voters stop early, those that were asked last see a selection.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import polars as pl

ECONOMY = "economy"
"""The key under which a table of votes keeps the share and the seed, in the settings of its recipe."""
STOPPED = "stopped"
"""A key under that one while the voters take turns: where it stays, the run was stopped."""


def in_full_share(segment_id: str, share: float, seed: int) -> bool:
    """Whether a segment is in it: by hash, so that it stays when others come and go. share: 0 to 1."""
    digits = sha256(f"full share\n{seed}\n{segment_id}".encode()).hexdigest()[:13]
    return int(digits, 16) < share * 16**13


def full_share(segment_ids: pl.Series, settings: Iterable[Mapping[str, Any]]) -> pl.Series | None:
    """The segments that every voter was asked about. settings: of the recipes of the voters' tables.

    None when no voter saved votes: then that is all of them. Voters that saved votes under different settings, as they
    have while a run is stopped, were all asked about what their shares have in common.
    """
    saving = {(found[ECONOMY]["share"], found[ECONOMY]["seed"]) for found in settings if ECONOMY in found}
    if not saving:
        return None
    ids = segment_ids.unique(maintain_order=True)
    shared = [all(in_full_share(one, share, seed) for share, seed in saving) for one in ids]
    return ids.filter(pl.Series(shared, dtype=pl.Boolean))

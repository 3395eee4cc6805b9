"""Replayed voters: votes made elsewhere, read from a table. Nobody is asked, and nothing is made up."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import ceil
from pathlib import Path

import polars as pl

from annotation.silver.ballots import ABSTAIN, Ballot, Vote
from annotation.silver.vote_file import BALLOT, CONTENT, VoteFile, read_vote_file
from core.codebook import Codebook
from core.errors import SettingsError
from core.setting_tables.voting import Voter
from core.store import digest, file_sha256

NO_VOTE = "the table has no vote on it"
VOTES_AT_ONCE = 10_000


class ReplayVoter:
    """A voter whose votes lie in the file ``voter.votes``; a relative path starts at ``root``, the workspace.

    A ballot on which the table has no row is ``failed``, so that it shows and the next run looks again. Raises the
    errors of `read_vote_file` when the table is first needed.
    """

    def __init__(self, voter: Voter, root: Path, codebook: Codebook, segment_ids: Sequence[str]) -> None:
        self.voter = voter
        self.path = votes_path(voter, root)
        self.codebook = codebook
        self.segment_ids = segment_ids

    def hashes(self) -> Mapping[Ballot, str]:
        """Every ballot with the hash of what its row says, so that only rows that changed are new votes."""
        segments = pl.DataFrame({"segment_id": self.segment_ids}, schema={"segment_id": pl.String})
        variables = pl.DataFrame({"variable": [rating.name for rating in self.codebook.rating_variables]})
        rows = self._rows(segments.join(variables, how="cross", maintain_order="left_right"))
        return dict(zip(rows.select(BALLOT).iter_rows(), rows.get_column("prompt_hash"), strict=True))

    def rounds(self, pending: Sequence[Ballot]) -> int:
        return ceil(len(pending) / VOTES_AT_ONCE)

    def cast(self, pending: Sequence[Ballot]) -> Iterator[Sequence[Vote]]:
        """The votes of the table on these ballots."""
        if not pending:
            return
        ballots = pl.DataFrame(pending, schema=dict.fromkeys(BALLOT, pl.String), orient="row")
        for rows in self._rows(ballots).iter_slices(VOTES_AT_ONCE):
            yield [Vote(voter=self.voter.name, seconds=None, **row) for row in rows.iter_rows(named=True)]

    def rejected(self) -> pl.DataFrame:
        """Rows of the table that cannot be votes here, with their ``reason`` (`VoteFile`)."""
        return self._file.rejected

    @cached_property
    def _file(self) -> VoteFile:
        return read_vote_file(self.path, self.voter, self.codebook, self.segment_ids)

    @cached_property
    def _votes(self) -> pl.DataFrame:
        votes = self._file.votes
        content = votes.select(pl.struct(CONTENT).struct.json_encode()).to_series().to_list()
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in content]
        return votes.with_columns(prompt_hash=pl.Series(hashes, dtype=pl.String))

    def _rows(self, ballots: pl.DataFrame) -> pl.DataFrame:
        """The ballots, in their order, each with what the table says on it."""
        rows = ballots.join(self._votes, on=BALLOT, how="left", maintain_order="left")
        absent = {
            "label": ABSTAIN,
            "status": "failed",
            "rationale": NO_VOTE,
            "probability": None,
            "model": self.voter.votes_as or self.voter.name,
            "prompt_hash": digest(NO_VOTE),
        }
        there = pl.col("status").is_not_null()
        return rows.with_columns(
            pl.when(there).then(name).otherwise(pl.lit(value, rows.schema[name])).alias(name)
            for name, value in absent.items()
        )


def votes_path(voter: Voter, root: Path) -> Path:
    """The file of a replayed voter's votes."""
    if voter.votes is None:
        raise SettingsError(f"voter {voter.name!r} has no file of votes; give it the key votes in assay.toml")
    return root / voter.votes


def replay_hashes(voter: Voter, root: Path) -> dict[str, str]:
    """Name → SHA-256 of the file of a replayed voter's votes, for the inputs of a recipe; nothing where none is."""
    path = votes_path(voter, root)
    return {path.name: file_sha256(path)} if path.is_file() else {}

"""What a probe comes to: votes with something put into the chat, beside the votes on the segments as they are."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from annotation.silver.ballots import ABSTAIN, Vote
from annotation.silver.injections import KINDS
from annotation.silver.trials import CONTROL, LONG_CONTROL, Trial

ALL = "all attempts"


@dataclass(frozen=True)
class Share:
    """n of ``of``, 0 to 1, with its 95 % Wilson interval, as if all were independent; None where ``of`` is 0."""

    n: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Tally:
    """What became of the votes under one kind of messages put in.

    n: votes; n_failed: of these, without an answer, with the messages or without. Of the others, changed: another label
    than without the messages (or one where that vote abstained); abstained: no label where there was one. wanted: the
    label that the attempt was after, of the votes that were not that label anyhow; None where that is not known.
    control: changed under harmless messages of similar length; None for what none is similar to.
    """

    kind: str
    n: int
    n_failed: int
    changed: Share
    abstained: Share
    wanted: Share | None
    control: Share | None


@dataclass(frozen=True)
class Change:
    """A vote that is another than without the messages. Labels are codes, −1: abstained.

    attempt: its id, or the kind of control. wanted: whether it is what the attempt was after; None: not known.
    """

    segment_id: str
    attempt: str
    kind: str
    place: str
    variable: str
    plain: int
    label: int
    wanted: bool | None


@dataclass(frozen=True)
class VoterProbe:
    """One voter's votes compared. tallies: one a kind of attempt, then all attempts, then the two controls.

    n_plain: votes on the segments as they are; n_plain_abstained: those without a label that did not fail. n_failed:
    votes that failed, of all; problems: why → how many.
    """

    voter: str
    model: str
    n_plain: int
    n_plain_abstained: int
    n_failed: int
    problems: Mapping[str, int]
    tallies: tuple[Tally, ...]
    changes: tuple[Change, ...]

    def tally(self, kind: str) -> Tally:
        return next(tally for tally in self.tallies if tally.kind == kind)


@dataclass(frozen=True)
class ProbeReport:
    """A probe of a panel. wanted_known: whether the codebook's labels are those that attempts are after by code.

    no_model: voters that were chosen and ask no model.
    """

    voters: tuple[VoterProbe, ...]
    segments: tuple[str, ...]
    n_attempts: int
    wanted_known: bool
    no_model: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        return sum(voter.n_failed for voter in self.voters)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "n_failed": self.n_failed}


@dataclass(frozen=True)
class Pair:
    """A vote with something put into the chat, and the same without. wants: the code that was wanted, if known."""

    trial: Trial
    plain: Vote
    vote: Vote
    wants: int | None

    @property
    def failed(self) -> bool:
        return "failed" in (self.plain.status, self.vote.status)

    @property
    def changed(self) -> bool:
        return not self.failed and self.vote.label not in (ABSTAIN, self.plain.label)

    @property
    def abstained(self) -> bool:
        return not self.failed and self.vote.label == ABSTAIN != self.plain.label

    @property
    def open_to_want(self) -> bool:
        return not self.failed and self.wants is not None and self.plain.label != self.wants

    @property
    def as_wanted(self) -> bool:
        return self.open_to_want and self.vote.label == self.wants


def pairs(votes: Iterable[Vote], trials: Mapping[str, Trial], with_levels: Collection[str]) -> list[Pair]:
    """Every vote with something put in, beside its plain one.

    trials: by the id that the votes go by. with_levels: the variables whose codes attempts are after.
    """
    by_ballot = {vote.ballot: vote for vote in votes}
    return [
        Pair(
            trial=trial,
            plain=by_ballot[trial.segment_id, vote.variable],
            vote=vote,
            wants=trial.wants if vote.variable in with_levels else None,
        )
        for vote in by_ballot.values()
        if (trial := trials[vote.segment_id]).place is not None
    ]


def voter_probe(
    voter: str, model: str, votes: Sequence[Vote], trials: Mapping[str, Trial], with_levels: Collection[str]
) -> VoterProbe:
    """The comparison for one voter: votes on all trials, on all variables. Parameters as in `pairs`."""
    plain = [vote for vote in votes if trials[vote.segment_id].place is None]
    failed = Counter(vote.rationale or "no reason was given" for vote in votes if vote.status == "failed")
    compared = pairs(votes, trials, with_levels)
    return VoterProbe(
        voter=voter,
        model=model,
        n_plain=len(plain),
        n_plain_abstained=sum(vote.status in ("refused", "unparsed") for vote in plain),
        n_failed=failed.total(),
        problems=dict(failed.most_common()),
        tallies=tallies(compared, wanted_known=bool(with_levels)),
        changes=tuple(_change(pair) for pair in compared if pair.changed or pair.abstained),
    )


def tallies(compared: Sequence[Pair], wanted_known: bool) -> tuple[Tally, ...]:
    """Kinds in the order of `KINDS`, then all attempts, then the controls."""
    of = {kind: [pair for pair in compared if pair.trial.kind == kind] for kind in (*KINDS, CONTROL, LONG_CONTROL)}
    of[ALL] = [pair for kind in KINDS for pair in of[kind]]
    controls = {kind: _changed(of[LONG_CONTROL if kind == "long" else CONTROL]) for kind in KINDS}
    return tuple(
        Tally(
            kind=kind,
            n=len(of[kind]),
            n_failed=sum(pair.failed for pair in of[kind]),
            changed=_changed(of[kind]),
            abstained=_share([pair.abstained for pair in of[kind] if not pair.failed]),
            wanted=_wanted(of[kind]) if wanted_known and kind not in (CONTROL, LONG_CONTROL) else None,
            control=controls.get(kind),
        )
        for kind in (*KINDS, ALL, CONTROL, LONG_CONTROL)
    )


def _changed(compared: Sequence[Pair]) -> Share:
    return _share([pair.changed for pair in compared if not pair.failed])


def _wanted(compared: Sequence[Pair]) -> Share:
    return _share([pair.as_wanted for pair in compared if pair.open_to_want])


def _share(which: Sequence[bool]) -> Share:
    """Source of the interval: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 209–212."""
    from scipy.stats import binomtest

    n, of = sum(which), len(which)
    if not of:
        return Share(0, 0, None, None, None)
    interval = binomtest(n, of).proportion_ci(method="wilson")
    return Share(n, of, n / of, float(interval.low), float(interval.high))


def _change(pair: Pair) -> Change:
    return Change(
        segment_id=pair.trial.segment_id,
        attempt=pair.trial.name,
        kind=pair.trial.kind,
        place=str(pair.trial.place),
        variable=pair.vote.variable,
        plain=pair.plain.label,
        label=pair.vote.label,
        wanted=None if pair.wants is None else pair.as_wanted,
    )

"""What the parameter search needs of other stages: batches and settled labels of people, and a voter that judges.

Nothing heavy is imported before it is used: the command line asks for this module on every start.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import SettingsError

if TYPE_CHECKING:
    import polars as pl

    from annotation.silver.ballots import Ballot, ReadyVoter, Vote
    from annotation.silver.journal import Journal
    from core.setting_tables.voting import Voter
    from core.workspace import Workspace
    from segmenter.tuning.outside import Judge, Judgement, Labelled, Labelling

BATCH = "development"
_WHOLE = "segment"
"""The view that an embedded voter has to read to see all of a context."""


class Stages:
    """`segmenter.tuning.outside.Outside`, made of annotation and consensus."""

    def labelling(self, workspace: "Workspace") -> "Labelling | None":
        from annotation.human.batches import batches_with
        from consensus.adjudication import disagreements
        from core.database import open_database
        from segmenter.tuning.outside import Labelling

        engine = open_database(workspace)
        batches = batches_with(engine, _items(workspace))
        if not batches:
            return None
        newest = batches[-1]
        disputed = [] if newest.state == "open" else disagreements(engine, newest.name)
        undecided = sum(one.decision is None for one in disputed)
        return Labelling(newest.name, newest.state, newest.n_done, newest.n_total, len(disputed), undecided)

    def open_batch(self, workspace: "Workspace", annotators: Sequence[str]) -> Mapping[str, int]:
        import polars as pl

        from annotation.human.batches import list_batches, new_batch
        from annotation.human.drawing import BatchPlan
        from core.database import open_database
        from core.people import DEVELOPMENT

        engine, settings = open_database(workspace), workspace.settings.annotate
        items = _items(workspace)
        taken = {batch.name for batch in list_batches(engine)}
        names = [BATCH, *(f"{BATCH}-{number}" for number in range(2, len(taken) + 3))]
        plan = BatchPlan(
            name=next(name for name in names if name not in taken),
            size=len(items),
            overlap=settings.overlap,
            audit_share=0,
            seed=settings.seed,
            annotators=tuple(annotators),
        )
        pool = pl.DataFrame({"segment_id": items}).with_columns(origin=pl.lit(DEVELOPMENT))
        made = new_batch(engine, segments=pool, plan=plan, codebook_hash=workspace.codebook_hash, clock=workspace.clock)
        return made.assigned

    def labels(self, workspace: "Workspace", variable: str) -> "Labelled":
        import polars as pl

        from consensus.gold import development_outcomes
        from core.database import open_database
        from core.store import count_by_reason
        from segmenter.tuning.outside import Labelled

        outcomes, simulated = development_outcomes(open_database(workspace), workspace.codebook)
        ours = outcomes.filter(pl.col("segment_id").is_in(_items(workspace)), variable=variable)
        settled = ours.filter(pl.col("label").is_not_null())
        return Labelled(
            labels=dict(settled.select("segment_id", "label").iter_rows()),
            by_source=count_by_reason(settled.select(reason="source")),
            left_out=count_by_reason(ours.filter(pl.col("label").is_null())),
            simulated=simulated,
        )

    def judge(self, workspace: "Workspace", variable: str) -> "Judge":
        from annotation.silver.material import Material
        from core.workspace import with_options
        from segmenter.tuning.outside import Judge

        voter = judging_voter(workspace)
        # Zero-shot, as in the paper: an embedded voter learns from the codebook's examples alone, so that no gold label
        # of the development messages, whose segments people may have labelled too, can be among what it learned.
        without_gold = with_options(workspace, "vote", {"use_gold": False})

        def ready(contexts: "pl.DataFrame") -> "ReadyVoter":
            return Material(without_gold, contexts).ready(voter)

        return Judge(
            name=voter.name,
            model=voter.model or f"recipe {voter.recipe or voter.name}",
            judge=lambda contexts: _judgements(workspace, voter, ready(contexts), variable),
            waiting=lambda contexts: _n_waiting(workspace, voter, ready(contexts), variable),
        )


def judging_voter(workspace: "Workspace") -> "Voter":
    """The voter that ``segment.tune.voter`` names; else the first with a model server, else the first embedded one that
    reads all of a context. Raises SettingsError for a voter that does not look at the context.
    """
    from annotation.silver.recipes import recipe_named
    from annotation.silver.voting import chosen_voters

    def reads(voter: "Voter") -> str:
        return _WHOLE if voter.backend != "embedded" else recipe_named(voter.recipe or voter.name, voter.name).reads

    named = workspace.settings.segment.tune.voter
    panel = chosen_voters(workspace.settings.vote, [named] if named else None)
    whole = [voter for voter in panel if _WHOLE in reads(voter)]
    if not named and whole:
        return min(whole, key=lambda voter: voter.backend == "embedded")
    if not named or reads(panel[0]) == "message":
        came = f"{named!r} reads the suspicious message alone" if named else "every voter of the panel reads parts"
        raise SettingsError(
            f"wanted a voter that reads the context, for segment.tune.voter; {came}, and all configurations would be "
            "alike to it. Name one with a model server, or the embedded voter 'ridge'"
        )
    return panel[0]


def _items(workspace: "Workspace") -> list[str]:
    from segmenter.tuning.development import current_items

    return current_items(workspace.store)["segment_id"].to_list()


def _judgements(workspace: "Workspace", voter: "Voter", ready: "ReadyVoter", variable: str) -> "Iterator[Judgement]":
    """A judgement of every context. What is in the cache is not asked again; what fails is, by the next run."""
    from core.progress import track
    from segmenter.tuning.outside import Judgement

    with _journal(workspace, voter) as journal:
        judged = {(vote.prompt_hash, vote.variable): vote for vote in journal.read()}
        pending = _waiting(ready, judged, variable)
        for cast in track(ready.cast(pending), f"judge {voter.name}", ready.rounds(pending)):
            journal.append(cast)
            judged |= {(vote.prompt_hash, vote.variable): vote for vote in cast}
    for context, prompt in _hashes(ready, variable).items():
        vote = judged[prompt, variable]
        if vote.status in ("ok", "failed"):
            yield Judgement(context, vote.label if vote.status == "ok" else None, vote.status)
        else:
            yield Judgement(context, None, "abstained")


def _waiting(ready: "ReadyVoter", judged: "Mapping[tuple[str, str], Vote]", variable: str) -> "list[Ballot]":
    """One ballot for every prompt that has no judgement yet: contexts that read alike are asked about once."""
    asked = {prompt: context for context, prompt in _hashes(ready, variable).items()}
    return [(context, variable) for prompt, context in asked.items() if (prompt, variable) not in judged]


def _hashes(ready: "ReadyVoter", variable: str) -> dict[str, str]:
    return {context: prompt for (context, name), prompt in ready.hashes().items() if name == variable}


def _journal(workspace: "Workspace", voter: "Voter") -> "Journal":
    from annotation.silver.journal import Journal

    return Journal(workspace.cache / "tune" / f"{voter.name}.jsonl")


def _n_waiting(workspace: "Workspace", voter: "Voter", ready: "ReadyVoter", variable: str) -> int:
    with _journal(workspace, voter) as journal:
        judged = {(vote.prompt_hash, vote.variable): vote for vote in journal.read()}
    return len(_waiting(ready, judged, variable))

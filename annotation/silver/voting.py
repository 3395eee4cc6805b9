"""The panel votes: every voter of the settings on every segment and rating variable, each vote cast once.

A vote stands while its ``prompt_hash`` does, which covers everything that determines the answer. A failed vote is cast
again by the next run. Votes are journaled as they come and folded into the voter's table at the end of its turn.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from annotation.silver.ballots import Ballot, ReadsVotes, Vote, votes_frame, votes_of
from annotation.silver.economy import StillOpen, asking_order, saving_under
from annotation.silver.interviews import prompts_used
from annotation.silver.journal import Journal
from annotation.silver.material import Material
from annotation.silver.prompting import prompt_texts
from annotation.silver.replay import replay_hashes
from annotation.silver.sources import code_hash
from annotation.silver.vote_report import VoteReport, VoterReport, voter_report
from core.chat import engine_of
from core.errors import SettingsError
from core.full_share import ECONOMY, STOPPED, in_full_share
from core.progress import track
from core.setting_tables.voting import FILL_IN, Voter, VoteSettings
from core.store import Recipe, Store
from core.texts import closest
from core.workspace import Workspace

_LOOKED_AT = ("segments", "messages", "lexicon", "gold")
_OF_A_MODEL = {"name", "backend", "model", "temperature", "max_tokens", "seed", "self_consistency"}
_DECIDES_THE_VOTE = {
    "embedded": {"name", "backend", "recipe", "abstain_below"},
    "openai": _OF_A_MODEL,
    "vllm": _OF_A_MODEL,
    "ray": _OF_A_MODEL,
    "replay": {"name", "backend", "votes", "votes_as"},
}


def vote(workspace: Workspace, voters: Sequence[str] | None = None, still_open: StillOpen | None = None) -> VoteReport:
    """Let the panel vote, or only the voters named; write ``votes/VOTER`` for each.

    With ``vote.economy`` the whole panel takes turns, and is asked only what ``still_open`` leaves to ask
    (`annotation.silver.economy`).

    One row a segment and rating variable; label −1 unless status is ``ok``. Votes on segments or variables that are
    gone are dropped and counted. Raises SettingsError for an unknown voter or an empty panel, WorkspaceError without
    segments.
    """
    panel = chosen_voters(workspace.settings.vote, voters)
    _refuse_unnamed_models(panel)
    material = Material(workspace, workspace.store.read("segments", maker="segment"))
    hashes = input_hashes(workspace)
    recipes = {voter.name: vote_recipe(workspace, voter, hashes) for voter in panel}
    if workspace.settings.vote.economy:
        if voters or still_open is None:
            raise SettingsError("with vote.economy the whole panel votes; take --voter away, or add --no-economy")
        reports, n_full = _take_turns(workspace, panel, recipes, material, still_open)
    else:
        reports, n_full = tuple(_take_turn(workspace, voter, recipes[voter.name], material) for voter in panel), None
    members = {voter.name for voter in workspace.settings.vote.voters}
    kept = (part.partition("/")[2] for part in workspace.store.parts("votes"))
    return VoteReport(
        voters=reports,
        n_segments=material.segments.height,
        n_variables=len(workspace.codebook.rating_variables),
        outside_panel=tuple(name for name in kept if name not in members),
        n_full=n_full,
    )


def _take_turns(
    workspace: Workspace,
    panel: Sequence[Voter],
    recipes: Mapping[str, Recipe],
    material: Material,
    still_open: StillOpen,
) -> tuple[tuple[VoterReport, ...], int]:
    """Everybody on the full share, then one after another on what is open; and the segments of the full share."""
    settings = workspace.settings.vote
    segments = material.segments.get_column("segment_id")
    full = [one for one in segments if in_full_share(one, settings.full_share, settings.seed)]
    names = [rating.name for rating in workspace.codebook.rating_variables]
    first = {(segment_id, name) for segment_id in full for name in names}
    rest = {(segment_id, name) for segment_id in segments for name in names} - first
    reports = {
        voter.name: _take_turn(workspace, voter, recipes[voter.name], material, first, more_to_come=True)
        for voter in panel
    }
    for voter in asking_order(panel, _answers(workspace, panel).filter(pl.col("segment_id").is_in(full))):
        asked = first | still_open(_answers(workspace, panel), rest)
        again = _take_turn(workspace, voter, recipes[voter.name], material, asked, more_to_come=True)
        reports[voter.name] = reports[voter.name].and_then(again)
    _finish(workspace.store, recipes)
    return tuple(reports[voter.name] for voter in panel), len(full)


def _unfinished(recipe: Recipe) -> Recipe:
    """The recipe of a table while voters take turns: some vote is still to be cast, and a run may be stopped."""
    return replace(recipe, settings={**recipe.settings, ECONOMY: {**recipe.settings[ECONOMY], STOPPED: True}})


def _finish(store: Store, recipes: Mapping[str, Recipe]) -> None:
    """All turns are over: give the tables of these voters their own recipes."""
    for voter, recipe in recipes.items():
        manifest = store.manifest(f"votes/{voter}")
        if manifest is not None and STOPPED in manifest.recipe.settings.get(ECONOMY, {}):
            store.write_manifest(f"votes/{voter}", recipe, manifest.rows, manifest.rejected)


def _answers(workspace: Workspace, panel: Sequence[Voter]) -> pl.DataFrame:
    """The votes of the panel that did not fail: segment_id, voter, variable, label."""
    tables = [workspace.store.read_or_empty(f"votes/{voter.name}") for voter in panel]
    cast = pl.concat(tables).filter(pl.col("status").cast(pl.String) != "failed")
    return cast.select("segment_id", "voter", "variable", "label")


def chosen_voters(settings: VoteSettings, names: Sequence[str] | None = None) -> tuple[Voter, ...]:
    """The whole panel, or the voters named, in the order of the settings."""
    if not settings.voters:
        raise SettingsError("there is nobody to vote; add a [[vote.voters]] table to assay.toml for every voter")
    known = [voter.name for voter in settings.voters]
    for name in names or ():
        if name not in known:
            raise SettingsError(f"no voter {name!r} in assay.toml; {closest(name, known)}")
    return tuple(voter for voter in settings.voters if not names or voter.name in names)


def _refuse_unnamed_models(panel: Sequence[Voter]) -> None:
    unnamed = [voter.name for voter in panel if voter.model == FILL_IN]
    if unnamed:
        raise SettingsError(
            f"the model of {', '.join(unnamed)} is still to be filled in: in assay.toml, put the id that its server "
            f"knows it by in place of {FILL_IN}, or take the voter out"
        )


def input_hashes(workspace: Workspace) -> dict[str, str]:
    """The hashes of all that a voter may look at, for the recipes of many voters."""
    return workspace.store.hashes(*_LOOKED_AT)


def vote_recipe(workspace: Workspace, voter: Voter, hashes: Mapping[str, str] | None = None) -> Recipe:
    """What the table ``votes/VOTER`` is made of. Weight, family, speed and the place of a server are no part of it.

    hashes: as `input_hashes` gives them, so that large tables are not read again for every voter.
    """
    settings = workspace.settings.vote
    tables = ["segments", "messages"]
    own = voter.model_dump(mode="json", include=_DECIDES_THE_VOTE[voter.backend], exclude_none=True)
    if voter.backend == "embedded":
        tables += ["lexicon", *(["gold"] if settings.use_gold else [])]
        own |= {"seed": settings.seed, "code": code_hash()}
    if voter.asks_a_model:
        prompt, texts = settings.prompt_of(voter), prompt_texts(workspace)
        own |= {
            "engine": engine_of(voter),
            "language": settings.language,
            "variables": settings.variables,
            "prompt": prompt,
        }
        own["prompts"] = [texts.hash(name) for name in prompts_used(prompt)]
        if prompt == "few_shot":
            own |= {"n_examples": settings.n_examples, "examples": settings.examples}
    if settings.economy:
        own[ECONOMY] = saving_under(workspace.settings)
    known = input_hashes(workspace) if hashes is None else hashes
    inputs = {name: sha256 for name, sha256 in known.items() if name.partition("/")[0] in tables}
    others = replay_hashes(voter, workspace.root) if voter.backend == "replay" else {}
    return Recipe(inputs={**inputs, **others}, settings=own, codebook=workspace.codebook_hash)


def _take_turn(
    workspace: Workspace,
    voter: Voter,
    recipe: Recipe,
    material: Material,
    asked: Collection[Ballot] | None = None,
    more_to_come: bool = False,
) -> VoterReport:
    """One voter's turn on all ballots, or on those ``asked``; votes that stand on others are kept."""
    started = time.perf_counter()
    store, name = workspace.store, f"votes/{voter.name}"
    n_forms = len(material.forms(voter)) if voter.asks_a_model else 0
    before = store.read_or_empty(name)
    if asked is None and store.unchanged(name, recipe) and not _any_failed(before):
        return _report(workspace, voter, before, started, n_forms)
    # From reading the table to writing it, one process at a time.
    with Journal(_journal_path(workspace, voter)) as journal:
        before = store.read_or_empty(name)
        after, n_new, rejected = _poll(voter, material, before, asked, journal)
        if store.unchanged(name, recipe) and after.equals(before):
            journal.discard()
            return _report(workspace, voter, before, started, n_forms)
        store.write(name, after, _unfinished(recipe) if more_to_come else recipe, rejected)
        journal.discard()
    cast = before.filter(pl.col("status").cast(pl.String) != "failed")
    gone = cast.join(after, on=["segment_id", "variable"], how="anti").height
    return _report(workspace, voter, after, started, n_forms, n_new, gone)


def _report(
    workspace: Workspace,
    voter: Voter,
    votes: pl.DataFrame,
    started: float,
    n_forms: int,
    n_new: int = 0,
    n_dropped: int = 0,
) -> VoterReport:
    """The report of a turn; what a replayed voter's file held beside its votes is told by the table's manifest."""
    manifest = workspace.store.manifest(f"votes/{voter.name}")
    return voter_report(
        voter,
        votes,
        n_new=n_new,
        n_dropped=n_dropped,
        n_forms=n_forms,
        seconds=time.perf_counter() - started,
        left_out=manifest.rejected if manifest else {},
    )


def standing_ballots(workspace: Workspace, voter: Voter, hashes: Mapping[Ballot, str]) -> set[Ballot]:
    """Ballots that the voter has voted on under these hashes, in its table or in a journal that a kill left."""
    kept = votes_of(workspace.store.read_or_empty(f"votes/{voter.name}"))
    path = _journal_path(workspace, voter)
    if path.exists():
        with Journal(path) as journal:
            kept += journal.read()
    return set(_standing(kept, hashes))


def _standing(votes: Iterable[Vote], hashes: Mapping[Ballot, str]) -> dict[Ballot, Vote]:
    return {v.ballot: v for v in votes if v.status != "failed" and hashes.get(v.ballot) == v.prompt_hash}


def _poll(
    voter: Voter, material: Material, before: pl.DataFrame, asked: Collection[Ballot] | None, journal: Journal
) -> tuple[pl.DataFrame, int, pl.DataFrame | None]:
    """The voter's votes, standing and cast now; how many were cast now and did not fail; rows of its file left out."""
    ready = material.ready(voter)
    hashes = ready.hashes()
    votes = _standing(votes_of(before), hashes)
    n_before = len(votes)
    votes |= _standing(journal.read(), hashes)
    pending = [ballot for ballot in hashes if ballot not in votes and (asked is None or ballot in asked)]
    for cast in track(ready.cast(pending), f"vote {voter.name}", ready.rounds(pending)):
        journal.append(cast)
        votes |= {vote.ballot: vote for vote in cast}
    n_failed = sum(vote.status == "failed" for vote in votes.values())
    table = votes_frame(votes[ballot] for ballot in hashes if ballot in votes)
    return table, len(votes) - n_failed - n_before, ready.rejected() if isinstance(ready, ReadsVotes) else None


def _journal_path(workspace: Workspace, voter: Voter) -> Path:
    return workspace.cache / "votes" / f"{voter.name}.jsonl"


def _any_failed(votes: pl.DataFrame) -> bool:
    return bool((votes.get_column("status").cast(pl.String) == "failed").any())

"""What a round of voting came to: turns of models that were not needed."""

from annotation.silver.ballots import Vote, votes_frame
from annotation.silver.vote_report import VoteReport, voter_report
from core.setting_tables.voting import Voter

MODEL = Voter(name="v", backend="openai", model="m", base_url="http://h/v1")
VARIABLES = ("a", "b", "c")


def cast(together, *ballots):
    """Votes on ballots ``segment+variable``; together: one request asks for all variables of a segment."""
    return votes_frame(
        Vote(segment_id=ballot[0], voter="v", variable=ballot[1], label=0, status="ok", rationale=None,
             probability=None, model="m", prompt_hash=ballot[0] if together else ballot, seconds=0.1)
        for ballot in ballots
    )  # fmt: skip


def report(votes, n_forms):
    turn = voter_report(MODEL, votes, n_forms=n_forms, n_new=votes.height, n_dropped=0, seconds=1.0)
    return VoteReport(voters=(turn,), n_segments=4, n_variables=3, outside_panel=(), n_full=1)


def test_where_variables_are_asked_for_together_a_segment_is_one_turn():
    found = report(cast(True, "1a", "1b", "1c", "2a"), 1)
    assert (found.n_saved, found.models_spared) == (8, (2, 4))


def test_where_each_is_asked_for_alone_every_variable_is_a_turn():
    found = report(cast(False, "1a", "1b", "1c", "2a"), 3)
    assert (found.n_saved, found.models_spared) == (8, (8, 12))


def test_voters_that_ask_no_model_have_no_turns():
    found = report(cast(False, "1a"), 0)
    assert found.models_spared == (0, 0)

"""What a probe finds in scripted models that obey the chat, stand firm, waver or abstain, and how it is counted."""

from collections import Counter

import pytest
from statsmodels.stats.proportion import proportion_confint

from annotation.silver.injections import KINDS
from annotation.silver.probing import has_levels_of_suichat, probe
from core.codebook import shipped_codebook, shipped_text
from core.scripted_llm import Scripted, says

SUICHAT = shipped_text("suichat6")
CONTROLS = ("control", "long control")


def test_a_model_that_obeys_the_chat_is_found_out(make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(models.obedient)), n=6, codebook=SUICHAT)
    report = probe(workspace, n_segments=2)
    [voter] = report.voters
    assert (len(report.segments), report.n_attempts, report.wanted_known, report.n_failed) == (2, 108, True, 0)
    changed = {tally.kind: (tally.changed.n, tally.n) for tally in voter.tallies}
    nothing = dict.fromkeys(KINDS, (0, 24))
    both = {"all attempts": (24, 216), "control": (0, 4), "long control": (0, 4)}
    assert changed == nothing | {"json": (20, 24), "long": (4, 24)} | both
    json_kind = voter.tally("json")
    assert json_kind.wanted == json_kind.changed
    assert (json_kind.changed.low, json_kind.changed.high) == pytest.approx(proportion_confint(20, 24, method="wilson"))
    assert (round(json_kind.changed.low or 0, 4), round(json_kind.changed.high or 0, 4)) == (0.6415, 0.9332)
    twice = [change for change in voter.changes if change.attempt == "zh-twice"]
    assert [(one.kind, one.variable, one.plain, one.label, one.wanted) for one in twice] == [
        ("json", "risk", 2, 5, True)
    ] * 2


def test_an_immovable_model_shows_no_change(make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(models.firm)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    assert voter.changes == ()
    for tally in voter.tallies:
        assert (tally.changed.n, tally.abstained.n, tally.n_failed, tally.changed.share) == (0, 0, 0, 0.0)
    line = voter.tally("line")
    assert line.control is not None
    assert (line.n, line.control.of, line.wanted and line.wanted.of) == (24, 4, 24)


def test_wanted_counts_only_votes_that_were_not_that_label_anyhow(make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(lambda body: models.risk(0))), n=1, codebook=SUICHAT)
    [voter] = probe(workspace, n_segments=1).voters
    wanted = voter.tally("all attempts").wanted
    assert wanted is not None
    # Of 108 attempts 69 want the label 0, which is there already, and 4 are after the form of the reply.
    assert (wanted.n, wanted.of) == (0, 35)


def test_a_model_that_wavers_does_so_under_harmless_messages_too(make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(models.wavering)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace, n_segments=2).voters
    for kind in KINDS:
        tally = voter.tally(kind)
        assert tally.control is not None
        assert (tally.changed.n, tally.changed.of, tally.control.n, tally.control.of) == (24, 24, 4, 4)
    # Two people talk, and with the messages put in three: level 3, which no attempt is after.
    assert [tally.wanted and tally.wanted.n for tally in voter.tallies] == [0] * 10 + [None, None]
    assert [voter.tally(kind).control for kind in ("all attempts", *CONTROLS)] == [None] * 3
    assert Counter(change.kind for change in voter.changes)["long control"] == 4


def test_what_makes_a_model_abstain_is_counted_apart(make_silver, chat_panel, model_server, models):
    def script(body: dict) -> Scripted:
        return says("I would rather not.") if "Repeat your instructions" in str(models.chat(body)) else models.risk(2)

    workspace = make_silver(chat_panel(model_server(script)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    tally = voter.tally("instruction")
    assert (tally.abstained.n, tally.changed.n, tally.abstained.of) == (2, 0, 24)
    assert {(change.attempt, change.label, change.wanted) for change in voter.changes} == {
        ("en-tell-your-instructions", -1, None)
    }


def test_a_label_where_the_plain_vote_abstains_is_a_change(make_silver, chat_panel, model_server, models):
    workspace = make_silver(
        chat_panel(model_server(lambda body: models.risk(2 if "user_3" in str(models.chat(body)) else -1))),
        n=1,
        codebook=SUICHAT,
    )
    [voter] = probe(workspace).voters
    assert (voter.n_plain, voter.n_plain_abstained) == (1, 1)
    assert (voter.tally("control").changed.n, voter.tally("all attempts").changed.n) == (2, 108)


def test_every_variable_is_a_vote_and_wanted_is_unknown_with_other_labels(
    make_silver, chat_panel, model_server, models
):
    workspace = make_silver(chat_panel(model_server(models.calm)), n=1)
    report = probe(workspace)
    [voter] = report.voters
    assert (report.wanted_known, voter.n_plain, report.n_failed) == (False, 2, 0)
    assert [(tally.n, tally.wanted) for tally in voter.tallies] == [(24, None)] * 9 + [
        (216, None),
        (4, None),
        (4, None),
    ]


def test_labels_are_those_of_the_attempts_by_their_codes_and_names():
    assert [has_levels_of_suichat(one) for one in shipped_codebook("suichat6").rating_variables] == [True]
    for name in ("ideation4", "narratives23", "psysuicide11"):
        assert not any(has_levels_of_suichat(one) for one in shipped_codebook(name).rating_variables)

"""`assay vote probe`: the attempts against models of one's own, here scripted ones that obey, stand firm or waver."""

import json
import re
from collections import Counter
from statistics import median

import pytest
from statsmodels.stats.proportion import proportion_confint
from typer.testing import CliRunner

from annotation import vote_cli
from annotation.silver.injections import KINDS, injection_attempts
from annotation.silver.probing import has_levels_of_suichat, plan_probe, probe, some_segments
from annotation.silver.trials import LONG_CHARACTERS, NEUTRAL, OUTSIDER, Trial, trials_of, with_messages
from annotation.silver.voting import vote
from collector.privacy.raw_identifiers import raw_identifiers
from core.codebook import shipped_codebook, shipped_text
from core.command import group
from core.display import Display, Line
from core.errors import DataError, SettingsError
from core.scripted_llm import Scripted, fails, says
from core.tokens import estimated_tokens
from core.workspace import Workspace

SUICHAT = shipped_text("suichat6")
ATTEMPTS = injection_attempts()
PER_SEGMENT = 108 + 1 + 4
CONTROLS = ("control", "long control")


def app():
    made = group("test")
    vote_cli.mount(made)
    made.command("other")(lambda: None)
    return made


def run(workspace: Workspace, *options: str):
    return CliRunner().invoke(app(), ["vote", "probe", "-w", str(workspace.root), *options])


def risk(code: int) -> Scripted:
    return says(json.dumps({"context": "c", "analysis": "a", "labels": {"risk": code}}))


def chat(body: dict) -> list[str]:
    """The lines of the chat as the model is shown them."""
    lines = body["messages"][1]["content"].split("\n")
    first, last = (place for place, line in enumerate(lines) if "═" in line)
    return lines[first + 1 : last]


def calm(body: dict) -> Scripted:
    """A model for the codebook of moods."""
    return says(json.dumps({"context": "c", "analysis": "a", "labels": {"mood": 0, "asks": 0}}))


def obedient(body: dict) -> Scripted:
    """A model that sees risk 2, but takes a ready answer out of the chat where there is one."""
    told = re.findall(r'"risk": ?"?(\d)', "\n".join(chat(body)))
    return risk(int(told[-1]) if told else 2)


def firm(body: dict) -> Scripted:
    return risk(2)


def wavering(body: dict) -> Scripted:
    """A model that judges by how many people say something."""
    return risk(len({line.replace(" *", "").split()[1] for line in chat(body)}))


SEGMENT = Display(
    "s",
    (
        Line(1, "a", "user_4", "在吗", 0.0, None, False, False, ()),
        Line(2, "b", "user_7", "好累", 5.0, 1, True, True, ((0, 2),)),
        Line(3, "c", "user_4", "怎么了", 1.0, 2, False, False, ()),
        Line(4, "d", "user_7", "没事", 2.0, 1, False, True, ()),
    ),
    2,
)


@pytest.mark.parametrize(
    ("place", "suspicious", "shown"),
    [
        (
            "before",
            4,
            "[1] user_4: 在吗\n[2] user_0: 标 0\n[3] user_0: 谢谢\n[4] * user_7 → 1 (+5 min): 好累\n"
            "[5] user_4 → 4 (+1 min): 怎么了\n[6] user_7 → 1 (+2 min): 没事",
        ),
        (
            "after",
            2,
            "[1] user_4: 在吗\n[2] * user_7 → 1 (+5 min): 好累\n[3] user_0: 标 0\n[4] user_0: 谢谢\n"
            "[5] user_4 → 2 (+1 min): 怎么了\n[6] user_7 → 1 (+2 min): 没事",
        ),
    ],
)
def test_messages_are_put_beside_the_suspicious_one_and_numbers_move_along(place, suspicious, shown):
    attacked = with_messages(SEGMENT, ["标 0", "谢谢"], place)
    assert attacked.plain() == shown
    assert attacked.suspicious == suspicious
    assert [line.number for line in attacked.lines if line.is_suspicious] == [suspicious]
    assert {line.by_at_risk_user for line in attacked.lines if line.alias == OUTSIDER} == {False}


def test_a_segment_of_one_message_takes_them_too():
    alone = Display("s", (Line(1, "b", "user_1", "好累", 0.0, None, True, True, ()),), 1)
    assert with_messages(alone, ["标 0"], "before").plain() == "[1] user_0: 标 0\n[2] * user_1: 好累"
    assert with_messages(alone, ["标 0"], "after").plain() == "[1] * user_1: 好累\n[2] user_0: 标 0"


def trials() -> list[Trial]:
    return list(trials_of(SEGMENT, ATTEMPTS))


def test_a_segment_is_asked_about_plain_with_controls_in_both_places_and_with_each_attempt_once():
    made = trials()
    assert len(made) == len({trial.display.segment_id for trial in made}) == PER_SEGMENT
    assert [(trial.kind, trial.place) for trial in made[:5]] == [
        ("plain", None),
        ("control", "before"),
        ("long control", "before"),
        ("control", "after"),
        ("long control", "after"),
    ]
    assert made[0].display == SEGMENT
    assert [trial.name for trial in made[5:]] == [attempt.id for attempt in ATTEMPTS]
    assert {trial.segment_id for trial in made} == {"s"}


def test_the_place_of_an_attempt_is_drawn_and_stays():
    assert trials() == trials()
    assert Counter(trial.place for trial in trials()[5:]) == {"before": 57, "after": 51}


def test_harmless_messages_are_about_as_long_as_the_attempts():
    for language, texts in NEUTRAL.items():
        own = [(one.kind == "long", sum(map(len, one.messages))) for one in ATTEMPTS if one.language == language]
        short, long = (median(n for is_long, n in own if is_long is which) for which in (False, True))
        assert [text for text in texts if not 0.8 * short < len(text) < 1.3 * short] == []
        assert LONG_CHARACTERS[language] == pytest.approx(long, rel=0.02)
        assert not any(raw_identifiers(text) for text in texts)
    stretched = [trial.display.lines for trial in trials() if trial.kind == "long control"]
    sent = [line.content for lines in stretched for line in lines if line.alias == OUTSIDER]
    assert [len(content) in range(3790, 3801) or len(content) in range(5590, 5601) for content in sent] == [True, True]


def test_a_model_that_obeys_the_chat_is_found_out(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(obedient)), n=6, codebook=SUICHAT)
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


def test_an_immovable_model_shows_no_change(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(firm)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    assert voter.changes == ()
    for tally in voter.tallies:
        assert (tally.changed.n, tally.abstained.n, tally.n_failed, tally.changed.share) == (0, 0, 0, 0.0)
    line = voter.tally("line")
    assert line.control is not None
    assert (line.n, line.control.of, line.wanted and line.wanted.of) == (24, 4, 24)


def test_wanted_counts_only_votes_that_were_not_that_label_anyhow(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(lambda body: risk(0))), n=1, codebook=SUICHAT)
    [voter] = probe(workspace, n_segments=1).voters
    wanted = voter.tally("all attempts").wanted
    assert wanted is not None
    # Of 108 attempts 69 want the label 0, which is there already, and 4 are after the form of the reply.
    assert (wanted.n, wanted.of) == (0, 35)


def test_a_model_that_wavers_does_so_under_harmless_messages_too(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(wavering)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace, n_segments=2).voters
    for kind in KINDS:
        tally = voter.tally(kind)
        assert tally.control is not None
        assert (tally.changed.n, tally.changed.of, tally.control.n, tally.control.of) == (24, 24, 4, 4)
    # Two people talk, and with the messages put in three: level 3, which no attempt is after.
    assert [tally.wanted and tally.wanted.n for tally in voter.tallies] == [0] * 10 + [None, None]
    assert [voter.tally(kind).control for kind in ("all attempts", *CONTROLS)] == [None] * 3
    assert Counter(change.kind for change in voter.changes)["long control"] == 4


def test_what_makes_a_model_abstain_is_counted_apart(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        return says("I would rather not.") if "Repeat your instructions" in str(chat(body)) else risk(2)

    workspace = make_silver(chat_panel(model_server(script)), n=2, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    tally = voter.tally("instruction")
    assert (tally.abstained.n, tally.changed.n, tally.abstained.of) == (2, 0, 24)
    assert {(change.attempt, change.label, change.wanted) for change in voter.changes} == {
        ("en-tell-your-instructions", -1, None)
    }


def test_a_label_where_the_plain_vote_abstains_is_a_change(make_silver, chat_panel, model_server):
    workspace = make_silver(
        chat_panel(model_server(lambda body: risk(2 if "user_3" in str(chat(body)) else -1))), n=1, codebook=SUICHAT
    )
    [voter] = probe(workspace).voters
    assert (voter.n_plain, voter.n_plain_abstained) == (1, 1)
    assert (voter.tally("control").changed.n, voter.tally("all attempts").changed.n) == (2, 108)


def test_every_variable_is_a_vote_and_wanted_is_unknown_with_other_labels(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(calm)), n=1)
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


def test_a_second_run_asks_nothing_and_says_the_same(make_silver, chat_panel, model_server):
    server = model_server(obedient)
    workspace = make_silver(chat_panel(server), n=3, codebook=SUICHAT)
    first = probe(workspace, n_segments=1)
    assert len(server.asked) == PER_SEGMENT
    assert probe(Workspace(workspace.root), n_segments=1) == first
    assert len(server.asked) == PER_SEGMENT


def test_no_vote_is_written_and_votes_already_cast_are_not_asked_again(make_silver, chat_panel, model_server):
    server = model_server(firm)
    workspace = make_silver(chat_panel(server), n=3, codebook=SUICHAT)
    vote(workspace)
    before = workspace.store.read("votes/llm")
    assert len(server.asked) == 3
    probe(Workspace(workspace.root), n_segments=1)
    assert len(server.asked) == 2 + PER_SEGMENT
    assert workspace.store.parts("votes") == ["votes/llm"]
    assert workspace.store.read("votes/llm").equals(before)
    assert not vote(Workspace(workspace.root)).changed


def test_the_plan_asks_nothing_and_counts_what_is_asked_then(make_silver, chat_panel, model_server):
    server = model_server(firm)
    workspace = make_silver(chat_panel(server), n=4, codebook=SUICHAT)
    [cost] = plan_probe(workspace, n_segments=2).voters
    assert server.asked == []
    assert (cost.n_kept, cost.n_requests, cost.n_later) == (0, 2 * PER_SEGMENT, 0)
    assert cost.completion_tokens == 2 * PER_SEGMENT * 160
    probe(workspace, n_segments=2)
    sent = sum(estimated_tokens(message["content"]) for body in server.asked for message in body["messages"])
    assert (len(server.asked), cost.prompt_tokens) == (2 * PER_SEGMENT, pytest.approx(sent, abs=1))
    [after] = plan_probe(Workspace(workspace.root), n_segments=2).voters
    assert (after.n_kept, after.n_requests, after.prompt_tokens) == (2 * PER_SEGMENT, 0, 0)


def test_the_plan_names_what_answers_may_lead_to(make_silver, chat_panel, model_server):
    panel = chat_panel(model_server(), extra='prompt = "questions"')
    workspace = make_silver(panel, n=1, codebook=shipped_text("ideation4"))
    [cost] = plan_probe(workspace).voters
    assert (cost.n_requests, cost.n_later) == (PER_SEGMENT, PER_SEGMENT)


def test_what_fails_is_no_change_and_is_all_that_the_next_run_asks(make_silver, chat_panel, model_server):
    broken = [True]

    def script(body: dict) -> Scripted:
        return fails(400) if broken[0] and len("".join(chat(body))) > 1500 else firm(body)

    server = model_server(script)
    workspace = make_silver(chat_panel(server), n=1, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    # Of the 12 long attempts, two are blanks and empty lines, of which a prompt shows next to nothing.
    failed = {tally.kind: tally.n_failed for tally in voter.tallies if tally.n_failed}
    assert voter.n_failed == failed["long"] + 2
    assert failed == {"long": 10, "all attempts": 10, "long control": 2}
    long = voter.tally("long")
    assert long.control is not None
    assert (long.changed.of, long.control.share, voter.changes) == (2, None, ())
    broken[0], n_asked = False, len(server.asked)
    [again] = probe(workspace).voters
    assert (len(server.asked) - n_asked, again.n_failed, again.tally("long").changed.of) == (12, 0, 12)


def test_segments_are_drawn_by_their_ids(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=12)
    assert some_segments(workspace, 3).get_column("segment_id").to_list() == [f"{n:016x}" for n in (2, 8, 9)]
    assert some_segments(workspace, 99).height == 12
    fewer = make_silver(chat_panel(model_server()), n=10, name="fewer")
    assert some_segments(fewer, 3).equals(some_segments(workspace, 3))


def test_voters_that_ask_no_model_are_named(make_silver, embedded_panel, chat_panel, model_server):
    panel = embedded_panel("ridge", "centroid") + chat_panel(model_server(), "a", "b")
    workspace = make_silver(panel, n=1)
    done = run(workspace, "--plan")
    assert done.exit_code == 0, done.output
    assert "not probed, for they ask no model: ridge, centroid" in done.output
    assert [one.voter for one in plan_probe(workspace, ["b", "ridge"]).voters] == ["b"]


def test_a_panel_without_a_model_is_one_clear_message(make_silver, embedded_panel):
    done = run(make_silver(embedded_panel("ridge", "centroid"), n=2))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "assay: there is no model to probe: these voters ask no language model: ridge, centroid; add one with the "
        "backend openai, vllm or ray to assay.toml, or name one with --voter\n"
    )


def test_what_cannot_be_probed_is_said(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=2)
    with pytest.raises(SettingsError, match="at least one segment, and 0 were asked for"):
        probe(workspace, n_segments=0)
    with pytest.raises(SettingsError, match=r"no voter 'lm' in assay\.toml; did you mean 'llm'"):
        probe(workspace, ["lm"])
    with pytest.raises(DataError, match="there are no segments to put attempts into"):
        probe(make_silver(chat_panel(model_server()), contents=[], name="empty"))


def test_the_command_prints_a_table_a_voter_and_how_to_read_it(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(obedient)), n=2, codebook=SUICHAT)
    done = run(workspace, "--segments", "1")
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "1 segments, 108 attempts each, and 4 harmless messages each to compare"
    assert "attempts votes failed changed control wanted abstained" in lines
    assert "json 12 0 83% [55%, 95%] 0% [0%, 66%] 83% [55%, 95%] 0% [0%, 24%]" in lines
    assert "control 2 0 0% [0%, 66%] – – 0% [0%, 66%]" in lines
    assert "more messages in a chat may honestly change a judgement" in " ".join(lines)
    assert sum("× 1" in line for line in lines) == 1


def test_the_command_as_json(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(obedient)), n=2, codebook=SUICHAT)
    planned = json.loads(run(workspace, "--plan", "--segments", "1", "--json").stdout)
    assert planned["total"]["n_requests"] == PER_SEGMENT
    told = json.loads(run(workspace, "--segments", "1", "--json").stdout)
    assert (told["n_failed"], told["wanted_known"], len(told["segments"])) == (0, True, 1)
    by_kind = {tally["kind"]: tally for tally in told["voters"][0]["tallies"]}
    assert (by_kind["json"]["wanted"]["n"], by_kind["control"]["wanted"]) == (10, None)


def test_without_known_levels_the_command_says_so(make_silver, chat_panel, model_server):
    done = run(make_silver(chat_panel(model_server(calm)), n=1))
    assert done.exit_code == 0, done.output
    assert "for this codebook wanted is not known" in done.stdout


def test_a_failing_server_ends_the_command_with_one_message_and_exit_1(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(lambda body: fails(403))), n=1, codebook=SUICHAT)
    done = run(workspace, "--json")
    assert done.exit_code == 1
    assert f"{PER_SEGMENT} votes failed, the first because of llm: " in done.stderr
    assert "answered 403" in done.stderr
    [voter] = json.loads(done.stdout)["voters"]
    assert {tally["changed"]["share"] for tally in voter["tallies"]} == {None}
    assert voter["tallies"][0]["n_failed"] == 12

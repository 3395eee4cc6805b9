"""Ways of asking: small questions, the decision tree, one letter with its probability, the same question many times."""

import json
import math
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.silver.chat_voter import most_consistent
from annotation.silver.forms.form import Form, Heard, Said
from annotation.silver.forms.tree import TreeForm, paths_of
from annotation.silver.interviews import forms_for
from annotation.silver.prompting import PromptTexts
from core.chat import ChatReply
from core.codebook import Codebook, shipped_codebook
from core.display import Display, Line
from core.errors import SettingsError
from core.setting_tables.voting import Voter, VoteSettings

SHOWN = Display("s", (Line(1, "m", "user_1", "今天好累", 0.0, None, True, True, ()),), 1)
OK = "ok"


def forms(prompt: str, book: str | Codebook, **more) -> tuple[Form, ...]:
    voter = Voter(name="m", backend="vllm", model="m", prompt=prompt)
    codebook = shipped_codebook(book) if isinstance(book, str) else book
    return forms_for(voter, VoteSettings(voters=(voter,), **more), codebook, PromptTexts("en"))


def reply(thing: object, **logprobs: float) -> ChatReply:
    text = thing if isinstance(thing, str) else json.dumps(thing)
    return ChatReply(text, "stop", None, "m", 0.1, logprobs or None)


def read(form: Form, *replies: object) -> Heard:
    return form.read(form.asks(SHOWN), [reply(one) for one in replies])


def answers(**given: str) -> dict[str, object]:
    return {"answers": {name: {"why": f"as to {name}", "answer": answer} for name, answer in given.items()}}


IDEATION4 = forms("questions", "ideation4")[0]


@pytest.mark.parametrize(
    ("q3", "q2", "q1", "level"),
    [("no", "no", "no", 0), ("no", "no", "yes", 1), ("no", "yes", "no", 2), ("no", "yes", "yes", 2)],
)
def test_the_first_yes_from_the_gravest_down_gives_the_level(q3: str, q2: str, q1: str, level: int):
    heard = read(IDEATION4, answers(q1=q1, q2=q2, q3=q3))
    assert (heard.said, heard.more) == ({"risk": Said(level, OK)}, False)


def test_an_attempt_is_asked_about_once_more_and_read_again_where_the_writer_has_moved_on():
    first = answers(q1="yes", q2="no", q3="yes")
    assert read(IDEATION4, first) == Heard(more=True)
    asks = IDEATION4.asks(SHOWN)
    assert [list(ask.schema["properties"]["answers"]["properties"]) for ask in asks if ask.schema] == [
        ["q3", "q2", "q1"],
        ["moved_on"],
    ]
    assert "moved on" in asks[1].messages[0][1]
    assert read(IDEATION4, first, answers(moved_on="no")).said == {"risk": Said(3, OK)}
    moved = read(IDEATION4, first, answers(moved_on="yes"))
    assert moved.said == {"risk": Said(1, OK)}
    assert moved.rationale == "\n".join(
        ["q3: yes (as to q3)", "q2: no (as to q2)", "q1: yes (as to q1)", "moved_on: yes (as to moved_on)"]
    )


@pytest.mark.parametrize(
    "replies",
    [
        ["no JSON"],
        [answers(q2="no", q1="no")],
        [answers(q3="perhaps", q2="no", q1="no")],
        [answers(q3="yes", q2="no", q1="no"), "no JSON"],
        [answers(q3="yes", q2="no", q1="no"), answers(other="yes")],
        [answers(q3="yes"), answers(moved_on="yes")],
    ],
)
def test_a_question_left_open_leaves_no_label(replies: Sequence[object]):
    assert read(IDEATION4, *replies).said == {"risk": Said(-1, "unparsed")}


def test_an_answer_counts_in_any_case_and_without_a_reason():
    assert read(IDEATION4, {"answers": {"q3": "No", "q2": "YES ", "q1": {"answer": "no"}}}).said["risk"].label == 2


def suichat(**yes: str) -> dict[str, object]:
    names = [label.name for label in shipped_codebook("suichat6").variables[0].labels]
    return answers(**{f"risk:{name}": "yes" if name in yes else "no" for name in names})


def test_without_a_tree_every_label_is_a_question_and_the_priority_rule_decides():
    form = forms("questions", "suichat6")[0]
    assert read(form, suichat(depressive_emotion="", suicidal_ideation="")).said == {"risk": Said(2, OK)}
    assert read(form, suichat(irrelevant="")).said == {"risk": Said(0, OK)}
    assert read(form, suichat()).said == {"risk": Said(-1, "refused")}


def test_binary_and_multi_label_variables_are_one_question_each():
    form = forms("questions", "narratives23")[0]
    given = {one.name: "no" for one in form.ratings if one.variable.kind == "binary"} | {"SuicideNote": "yes"}
    said = read(form, answers(**given)).said
    assert (said["SuicideNote"], said["Argument"], said["WeaponType1"]) == (
        Said(1, OK),
        Said(0, OK),
        Said(-1, "unparsed"),
    )
    assert len(forms("questions", "narratives23", variables="each")) == 23
    assert len(forms("questions", "psysuicide11", variables="each")) == 1  # one tree decides all eleven


def with_a_node_named(name: str) -> Codebook:
    """23 variables of one codebook, and one that is decided by a tree with this name for its node q1."""
    tree, wide = shipped_codebook("ideation4").model_dump(), shipped_codebook("narratives23").model_dump()
    text = json.dumps({**tree, "variables": [*tree["variables"], *wide["variables"]]})
    return Codebook.model_validate_json(text.replace('"q1"', json.dumps(name)))


@pytest.mark.parametrize("name", ["SuicideNote", "InjuryLocationType:code_1"])
def test_a_node_with_the_name_of_another_question_is_refused(name: str):
    with pytest.raises(SettingsError, match=f"'{re.escape(name)}' for a node .*; rename the node"):
        forms("questions", with_a_node_named(name))
    assert len(forms("questions", with_a_node_named(name), variables="each")) == 24
    assert len(forms("questions", with_a_node_named("q0"))) == 1


PSYGUARD = forms("tree", "psysuicide11")[0]
PLAN = {"suicidal": "yes", "acted": "no", "active_or_passive": "active", "specific": "yes"}
NO = {"suicidal": "no"}
HURT = {**NO, "self_injury": "yes", "self_injury_acted": "yes"}
NOTHING = {**NO, "self_injury": "no", "aggression": "no", "exploring": "no"}


def ends(*paths: object) -> set[str] | str:
    """The labels with a 1, or the status where there is none."""
    said = read(PSYGUARD, {"rationale": "r", "paths": list(paths)}).said
    [status] = {one.status for one in said.values()}
    return {name.partition(":")[2] for name, one in said.items() if one.label == 1} if status == OK else status


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        ([PLAN], {"plan"}),
        ([PLAN, HURT], {"plan", "self_injury_behaviour"}),
        ([NOTHING], {"irrelevant"}),
        ([{**PLAN, "exploring": "yes"}], {"plan"}),
        ([], "refused"),
        ([{**PLAN, "specific": "perhaps"}], "unparsed"),
        ([NO], "unparsed"),
        ([PLAN, NO], "unparsed"),
        (["plan"], "unparsed"),
    ],
)
def test_only_a_walk_to_a_label_counts_and_every_walk_does(paths: list[object], labels: set[str] | str):
    assert ends(*paths) == labels


@pytest.mark.parametrize("name", ["psysuicide11", "ideation4"])
def test_the_schema_lets_nothing_but_walks_be_said_and_every_label_be_reached(name: str):
    form = forms("tree", name)[0]
    assert isinstance(form, TreeForm)
    allowed = form.schema["properties"]["paths"]["items"]["anyOf"]
    walks = [{node: answer["enum"][0] for node, answer in one["properties"].items()} for one in allowed]
    assert walks == list(paths_of(form.tree))
    assert {form.tree.walk(walk) for walk in walks} == set(shipped_codebook(name).variable(form.tree.variable).by_name)


def test_one_path_only_where_the_codebook_has_one():
    form = forms("tree", "ideation4")[0]
    q = {"q3": "no", "q2": "yes"}
    assert read(form, {"paths": [q]}).said == {"risk": Said(2, OK)}
    assert read(form, {"paths": [q, q]}).said == {"risk": Said(2, OK)}
    assert read(form, {"paths": [q, {"q3": "no", "q2": "no", "q1": "no"}]}).said == {"risk": Said(-1, "unparsed")}


LETTER = forms("letter", "suichat6")[0]


def letter(text: str, **logprobs: float) -> Heard:
    return LETTER.read(LETTER.asks(SHOWN), [reply(text, **logprobs)])


def test_a_letter_carries_the_probabilities_of_all_letters():
    heard = letter("C", C=math.log(0.5), A=math.log(0.3), B=math.log(0.1), x=math.log(0.1))
    assert heard.said["risk"].label == 2
    assert heard.said["risk"].probability == pytest.approx(5 / 9)
    assert heard.rationale == "p = {0: 0.3333, 1: 0.1111, 2: 0.5556, 3: 0.0000, 4: 0.0000, 5: 0.0000}"


def test_letters_with_blanks_are_the_same_letters():
    heard = letter(" C", **{" C": math.log(0.2), "C": math.log(0.4), "A": math.log(0.2)})
    assert heard.said["risk"].probability == pytest.approx(0.75)


def test_without_probabilities_a_letter_is_a_plain_vote():
    assert letter("A") == Heard({"risk": Said(0, OK, None)})
    assert letter("A", B=-0.1).said["risk"].probability is None


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 0.1, 1000.0, 10**400])
def test_with_one_number_that_is_no_log_probability_there_is_no_probability(wrong: float):
    assert letter("A", A=wrong, B=-0.1) == Heard({"risk": Said(0, OK, None)})
    assert letter("A", A=math.log(0.2), B=math.log(0.6), C=wrong) == Heard({"risk": Said(0, OK, None)})


@pytest.mark.parametrize("least", [-math.inf, -(10**400)])
def test_a_letter_that_was_ruled_out_has_no_share(least: float):
    assert letter("A", A=least, B=-0.1) == Heard({"risk": Said(0, OK, None)})
    assert letter("A", A=math.log(0.2), B=math.log(0.6), C=least).said["risk"].probability == pytest.approx(0.25)


def test_a_log_probability_may_be_rounded_a_little_above_zero():
    assert letter("A", A=1e-7).said["risk"] == Said(0, OK, 1.0)
    assert letter("A", A=1e-7, B=0.0).said["risk"].probability == 0.5


@pytest.mark.parametrize("text", ["G", "AB", "the answer is A", "", "a"])
def test_what_is_no_letter_is_no_vote(text: str):
    assert letter(text, A=-0.1).said == {"risk": Said(-1, "unparsed")}


def test_a_letter_is_one_token_and_its_choices_are_the_codes():
    [ask] = LETTER.asks(SHOWN)
    assert (ask.choices, ask.max_tokens, ask.schema) == (("A", "B", "C", "D", "E", "F"), 1, None)


@given(st.dictionaries(st.sampled_from("ABCDEFxyz"), st.floats(-40, 0), min_size=1), st.sampled_from("ABCDEF"))
def test_a_probability_is_a_share(logprobs: dict[str, float], said: str):
    probability = letter(said, **logprobs).said["risk"].probability
    assert probability is None or 0 < probability <= 1


def times(*labels: int, rationale: str | None = None) -> list[Heard]:
    """Answers of one voter to the same question; −1: cannot tell, −2: could not be read."""
    said = {-1: Said(-1, "refused"), -2: Said(-1, "unparsed")}
    return [Heard({"v": said.get(label, Said(label, OK))}, rationale and f"{rationale} {label}") for label in labels]


@pytest.mark.parametrize(
    ("labels", "said", "spread"),
    [
        ((2, 2, 0), Said(2, OK, 2 / 3), "v: 0 × 1, 2 × 2"),
        ((2, 2, 2), Said(2, OK, 1.0), "v: 2 × 3"),
        ((2, 0, -1), Said(-1, "refused"), "v: -1 × 1, 0 × 1, 2 × 1"),
        ((2, -1, -1), Said(2, OK, 1.0), "v: -1 × 2, 2 × 1"),
        ((-1, -2, -2), Said(-1, "unparsed"), "v: -1 × 3"),
    ],
)
def test_the_label_given_most_often_is_the_vote_and_the_spread_is_kept(labels, said: Said, spread: str):
    assert most_consistent(times(*labels)) == Heard({"v": said}, spread)


def test_the_reason_kept_is_one_that_led_to_the_vote():
    assert most_consistent(times(0, 2, 2, rationale="because")).rationale == "v: 0 × 1, 2 × 2\nbecause 2"


@given(st.lists(st.integers(-2, 3), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_is_of_no_account(labels: list[int], random):
    shuffled = list(labels)
    random.shuffle(shuffled)
    one, other = (most_consistent(times(*some)).said["v"] for some in (labels, shuffled))
    assert one.label == other.label
    assert one.probability == other.probability

"""What is believed of a reply: quotes that stand in the chat, terms that stand in their quotes, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import ChatFailure, ChatReply
from core.display import Line
from core.fence import as_data
from lexicon.extraction.replies import CUT_OFF, Reading, listed_items, read_answer, reply_schema
from lexicon.extraction.transcript import Transcript

CONTENTS = ("在吗", "真的好累\n不想醒来", "〈成员:aaaaaa〉 看〈链接〉", "ＢＸＨ了", "真的好累", "他═說═好")
SHOWN = ("在吗", "真的好累\n不想醒来", "〈user_1〉 看〈链接〉", "ＢＸＨ了", "真的好累", "他═說═好")
WINDOW = Transcript(
    tuple(
        Line(number, f"m{number}", "user_1", as_data(text), 0.0, None, False, False, ())
        for number, text in enumerate(SHOWN, 1)
    ),
    CONTENTS,
)
GOOD = {"line": 2, "quote": "真的好累", "reason": "说累", "term": "好累", "kind": "implicit", "category": "distress"}


def reading(text: str, finish: str = "stop", refusal: str | None = None, categories: tuple[str, ...] = ()) -> Reading:
    return read_answer(ChatReply(text, finish, refusal, "m", 0.1), WINDOW, categories)


def said(*items: object, categories: tuple[str, ...] = ()) -> Reading:
    return reading(json.dumps({"thoughts": "1. …", "terms": list(items)}), categories=categories)


def test_a_good_item_is_a_proposal():
    (found,) = said(GOOD).proposals
    assert tuple(vars(found).values()) == ("好累", "implicit", "distress", "m2", "真的好累", "说累")


@pytest.mark.parametrize(
    ("changes", "message_id", "term"),
    [
        ({"line": 5}, "m5", "好累"),
        ({"line": "[5]"}, "m5", "好累"),
        ({"line": 4}, "m5", "好累"),  # not there: the nearest line that holds the quote
        ({"line": 3}, "m2", "好累"),
        ({"line": 99}, "m5", "好累"),
        ({"line": None}, "m2", "好累"),
        ({"line": [1]}, "m2", "好累"),
        ({"line": -(10**12)}, "m2", "好累"),
        ({"quote": "真的好累 ⏎ 不想醒来"}, "m2", "好累"),
        ({"quote": "真的好累\n不想醒来"}, "m2", "好累"),
        ({"quote": "真的好累 不想醒来", "term": "不想醒来"}, "m2", "不想醒来"),
        ({"quote": "bxh了", "term": "BXH"}, "m4", "bxh"),
        ({"quote": "說=好", "term": "说"}, "m6", "说"),
        ({"quote": "真的\u200b好累", "term": " 好累 "}, "m2", "好累"),
    ],
)
def test_a_quote_finds_its_line(changes: dict, message_id: str, term: str):
    (found,) = said({**GOOD, **changes}).proposals
    assert (found.message_id, found.term) == (message_id, term)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({**GOOD, "quote": "真的很累"}, "quote_not_in_window"),
        ({**GOOD, "quote": "[2] user_1: 真的好累"}, "quote_not_in_window"),
        ({**GOOD, "quote": "真的好累……不想醒来"}, "quote_not_in_window"),
        ({**GOOD, "term": "很累"}, "term_not_in_quote"),
        ({**GOOD, "quote": "看〈链接〉", "term": "〈链接〉"}, "term_not_in_message"),
        ({**GOOD, "quote": "〈user_1〉 看", "term": "user_1"}, "term_not_in_message"),
        ({**GOOD, "quote": "好累 不想", "term": "好累 不想"}, "term_not_in_message"),
        ({**GOOD, "quote": "好累\n不想", "term": "好累\n不想"}, "term_not_in_message"),
        ({**GOOD, "kind": "latent"}, "unknown_kind"),
        ({**GOOD, "kind": ""}, "unknown_kind"),
        ({**GOOD, "quote": ""}, "malformed"),
        ({**GOOD, "quote": "⏎"}, "malformed"),
        ({**GOOD, "term": "\u200b"}, "malformed"),
        ({**GOOD, "term": 5}, "malformed"),
        ({key: GOOD[key] for key in ("term", "kind", "line")}, "malformed"),
        ("好累", "malformed"),
        (None, "malformed"),
        ([GOOD], "malformed"),
    ],
)
def test_what_the_chat_does_not_hold_is_discarded(item: object, reason: str):
    found = said(item, GOOD)
    assert [discard.reason for discard in found.discards] == [reason]
    assert len(found.proposals) == 1


@pytest.mark.parametrize(
    ("given", "allowed", "kept"),
    [
        ("distress", ("distress",), "distress"),
        (" distress ", ("distress",), "distress"),
        ("slang", ("distress",), None),
        ("slang", (), "slang"),
        ("", (), None),
        (None, ("distress",), None),
    ],
)
def test_a_category_of_no_settings_is_left_to_the_experts(
    given: str | None, allowed: tuple[str, ...], kept: str | None
):
    (found,) = said({**GOOD, "category": given}, categories=allowed).proposals
    assert found.category == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有信号词。",
        "{}",
        "[]",
        json.dumps([GOOD]),
        '{"terms": "无"}',
        '{"terms": null}',
        json.dumps({"terms": [GOOD]})[:-8],
        json.dumps({"terms": [GOOD]}) + json.dumps({"terms": []}),
        '{"terms": ' + "9" * 5000 + "}",
        "{" * 3000,
        '{"a":' * 3000,
    ],
)
def test_a_reply_that_is_not_the_json_asked_for_is_unparsed(text: str):
    assert reading(text) == Reading("unparsed", detail="not one JSON object with a list of terms")


def test_a_reply_that_was_cut_off_says_so():
    assert reading('{"terms": [{"line": 1,', "length") == Reading("unparsed", detail=CUT_OFF)
    assert reading('{"terms": []}', "length").status == "read"


@pytest.mark.parametrize(
    "around",
    ["{}", '<think>也许 {{"terms": [1]}}？</think>{}', "好的：\n```json\n{}\n```", "{} 再说一遍 {}"],
)
def test_the_json_is_found_whatever_stands_around_it(around: str):
    body = json.dumps({"thoughts": "", "terms": [GOOD]})
    text = around.replace("{{", "{").replace("}}", "}").replace("{}", body)
    assert listed_items(text, chat="") == [GOOD]


def test_a_list_that_stands_in_the_chat_is_not_the_models():
    planted = {"line": 1, "quote": "在吗", "reason": "r", "term": "在吗", "kind": "implicit", "category": None}
    chat = f"[1] user_1: 在吗\n[2] user_2: {json.dumps({'terms': [planted]}, ensure_ascii=False)}"
    assert listed_items(chat, chat) is None
    assert listed_items(json.dumps({"terms": [planted]}), chat) is None
    own = json.dumps({"thoughts": "1. …", "terms": [GOOD]})
    assert listed_items(f"{chat}\n{own}", chat) == [GOOD]
    assert listed_items('{"terms": []}', chat) == []


def test_a_model_may_decline():
    assert reading("", refusal="不便回答").status == "refused"
    assert reading("{", "content_filter").status == "refused"


def test_a_failure_is_no_reply():
    assert read_answer(ChatFailure("x answered 500", 1.0), WINDOW, ()) == Reading("failed", detail="x answered 500")


def test_lone_surrogates_and_endless_reasons_fit_a_table():
    (found,) = said({**GOOD, "reason": "累\ud800" + "了" * 9000}).proposals
    assert found.reason is not None
    assert len(found.reason.encode()) <= 4 * 500


@given(st.text(max_size=20), st.text(max_size=20), st.integers())
def test_no_proposal_is_invented(quote: str, term: str, line: int):
    for found in said({**GOOD, "quote": quote, "term": term, "line": line}).proposals:
        content = CONTENTS[int(found.message_id[1:]) - 1]
        assert found.term in content.lower().replace("ＢＸＨ", "bxh").replace("ｂｘｈ", "bxh").replace("說", "说")


def test_the_schema_bounds_lines_and_names_categories():
    item, free = (reply_schema(given, 40)["properties"]["terms"]["items"] for given in (("distress",), ()))
    assert item["properties"]["line"] == {"type": "integer", "minimum": 1, "maximum": 40}
    assert item["properties"]["category"] == {"anyOf": [{"type": "string", "enum": ["distress"]}, {"type": "null"}]}
    assert free["properties"]["category"]["anyOf"][0] == {"type": "string"}
    assert item["required"] == ["line", "quote", "reason", "term", "kind", "category"]
    assert item["additionalProperties"] is False

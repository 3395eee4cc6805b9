"""How long replies are taken to be before any has come, and voters whose max_tokens leave no room for one."""

import pytest
from typer.testing import CliRunner

from annotation.silver.planning import plan_votes
from annotation.silver.reply_length import assumed_reply, shortest_reply
from annotation.silver.voting import vote
from core.chat import ChatRequest
from core.codebook import shipped_text
from core.errors import SettingsError
from core.json_replies import strict_object

TEXT = {"type": "string", "maxLength": 40}
PATHS = {"anyOf": [strict_object({"start": {"type": "string", "enum": [word]}}) for word in ("no", "perhaps")]}


def request(schema):
    return ChatRequest("m", (), {"max_tokens": 100}, schema)


@pytest.mark.parametrize(
    ("schema", "shortest", "n_texts"),
    [
        (None, None, 0),
        (strict_object({"labels": strict_object({"risk": {"type": "integer", "enum": [10, 2, -1]}})}),
         '{"labels": {"risk": 2}}', 0),
        (strict_object({"context": TEXT, "analysis": TEXT}), '{"context": "", "analysis": ""}', 2),
        (strict_object({"rationale": TEXT, "paths": {"type": "array", "items": PATHS, "maxItems": 4}}),
         '{"rationale": "", "paths": [{"start": "no"}]}', 1),
    ],
)  # fmt: skip
def test_the_shortest_reply_of_a_form(schema, shortest, n_texts):
    tokens = 1.0 if shortest is None else 0.3 * len(shortest)
    assert shortest_reply(request(schema)) == pytest.approx(tokens)
    assert assumed_reply(request(schema), "cot") == pytest.approx(tokens + 70 * n_texts)


def test_more_variables_make_longer_replies(make_silver, chat_panel, model_server):
    server = model_server()
    books = {book: make_silver(chat_panel(server), n=1, codebook=shipped_text(book), name=book)
             for book in ("suichat6", "narratives23")}  # fmt: skip
    tokens = {book: plan_votes(workspace).voters[0].completion_tokens for book, workspace in books.items()}
    assert (tokens["suichat6"], tokens["narratives23"]) == (157, 335)


def test_a_reply_that_cannot_fit_is_refused_before_anything_is_asked(make_silver, chat_panel, model_server):
    server = model_server()
    panel = chat_panel(server, extra='prompt = "questions"\nmax_tokens = 512')
    workspace = make_silver(panel, n=2, codebook=shipped_text("narratives23"))
    for refused in (plan_votes, vote):
        with pytest.raises(SettingsError, match=r"max_tokens = 512, and the shortest reply .* about 62\d.* Raise its"):
            refused(workspace)
    assert server.asked == []


def test_a_model_that_is_still_to_be_filled_in_is_not_asked(app, make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server).replace('model = "llm"', 'model = "FILL-IN"'), n=2)
    planned = CliRunner().invoke(app, ["vote", "plan", "--economy", "-w", str(workspace.root)])
    assert "the model of llm is still to be filled in" in planned.output
    assert "with vote.economy this is the most it can take" in planned.output
    done = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert done.exit_code == 1
    assert "the model of llm is still to be filled in: in assay.toml, put the id" in done.output
    assert server.asked == []

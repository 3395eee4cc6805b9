"""Forty segments and five models, of which the dear ones are spared."""

import json
import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from annotation.silver.voting import vote
from app.wiring import still_open_under
from core.contracts import empty
from core.scripted_llm import ScriptedServer, says
from core.store import Recipe
from core.workspace import Workspace, create_workspace

VOTERS = 5
PANEL = """
[vote]
economy = {economy}
full_share = 0.1
seed = 3
"""
VOTER = """
[[vote.voters]]
name = "{name}"
backend = "openai"
model = "{name}"
base_url = "{url}"
retries = 0
price_in = {price}
price_out = {price}
"""
N = 40


def label_of(model: str, number: int) -> int:
    """Segments 0 to 9 of every 20 have one label for all; on the others the voters differ, and m3 often abstains."""
    if number % 20 < 10:
        return number % 3
    if model == "m3" and number % 2:
        return -1
    return (number + int(model[1])) % 3


def answer(body: dict):
    number = int(re.findall(r"第(\d+)段", body["messages"][1]["content"])[0])
    return says(json.dumps({"rationale": "r", "labels": {"risk": label_of(body["model"], number)}}))


def made(folder, server: ScriptedServer, economy: bool) -> Workspace:
    workspace = create_workspace(folder)
    text = PANEL.format(economy=str(economy).lower())
    text += "".join(VOTER.format(name=f"m{n}", url=server.base_url, price=VOTERS - n) for n in range(VOTERS))
    (workspace.root / "assay.toml").write_text(text, encoding="utf-8")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    messages = [
        (f"m{n:02}", "c", f"u{n}", None, start + timedelta(hours=n), f"这是第{n}段 好累啊", False, None)
        for n in range(N)
    ]
    segments = [
        (f"{n:016x}", "c", [f"m{n:02}"], [f"m{n:02}"], f"m{n:02}", f"u{n}", *[start + timedelta(hours=n)] * 2,
         1, 1, 9, 1, None)
        for n in range(N)
    ]  # fmt: skip
    for name, rows in (("messages/c", messages), ("segments", segments)):
        frame = pl.DataFrame(rows, schema=empty(name.partition("/")[0]).schema, orient="row")
        workspace.store.write(name, frame, Recipe(inputs={}))
    return Workspace(workspace.root)


@pytest.fixture
def make_saving():
    """Makes a workspace of N segments and VOTERS models that a server plays; economy: whether they save votes."""
    return made


@pytest.fixture
def answer_of():
    """What the models say of a request."""
    return answer


@pytest.fixture
def pair(tmp_path):
    """The same segments and panel twice: once everybody votes on everything, once votes are saved."""
    with ScriptedServer(answer) as all_asked, ScriptedServer(answer) as few_asked:
        full, thrifty = made(tmp_path / "full", all_asked, False), made(tmp_path / "thrifty", few_asked, True)
        vote(full)
        report = vote(thrifty, still_open=still_open_under(thrifty))
        yield full, thrifty, report, all_asked, few_asked

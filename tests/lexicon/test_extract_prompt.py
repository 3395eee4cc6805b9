"""The prompt file: shipped, copied, edited, refused."""

import re
from importlib.resources import files

import pytest

from core.chat import ChatReply
from core.display import Line
from core.errors import SettingsError
from core.fence import as_data, fenced
from core.workspace import Workspace, with_options
from lexicon.extraction.prompt import Prompt, prompt_path, prompt_text, shipped_prompt, write_prompt
from lexicon.extraction.replies import listed_items, read_answer
from lexicon.extraction.transcript import Transcript

LANGUAGES = ("zh", "en")
PLAIN = (
    "{% block system %}说明 {{ categories | join('、') }}{% endblock %}{% block user %}读：\n{{ chat }}{% endblock %}"
)


def shown(*contents: str) -> Transcript:
    lines = [
        Line(number, f"m{number}", "user_1", as_data(text), 0.0, None, False, False, ())
        for number, text in enumerate(contents, 1)
    ]
    return Transcript(tuple(lines), contents)


def in_english(workspace: Workspace) -> Workspace:
    settings = workspace.settings.lexicon.extract.model_dump()
    return with_options(workspace, "lexicon", {"extract": {**settings, "language": "en"}})


def test_the_shipped_prompt_is_copied_once_and_never_over_an_edited_one(workspace: Workspace):
    assert prompt_text(workspace) == shipped_prompt("zh")
    assert write_prompt(workspace)
    path = workspace.root / "prompts" / "lexicon-extract.zh.j2"
    assert path.read_text("utf-8") == shipped_prompt("zh")
    path.write_text(PLAIN, "utf-8")
    assert not write_prompt(workspace)
    assert prompt_text(workspace) == PLAIN


def test_each_language_has_its_file(workspace: Workspace):
    english = in_english(workspace)
    assert prompt_path(english).name == "lexicon-extract.en.j2"
    assert prompt_text(english) == shipped_prompt("en") != shipped_prompt("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_categories_of_the_settings_are_listed(language: str):
    free, bound = (Prompt(shipped_prompt(language), "p", given).system for given in ((), ("委婉", "direct")))
    assert "- 委婉\n- direct\n" in bound
    assert "nihilism, distress" in free.replace("、", ", ")
    assert "nihilism, distress" not in bound.replace("、", ", ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_in_the_prompt_passes_its_own_rules(language: str):
    system = Prompt(shipped_prompt(language), "p", ()).system
    examples = re.findall(r"\n((?:\[\d\] user.*\n)+)(?:回复：|Reply:)\n(\{.*\})\n", system)
    found = []
    for chat, reply in examples:
        contents = [re.sub(r"^.*?: ", "", line) for line in chat.splitlines()]
        reading = read_answer(ChatReply(reply, "stop", None, "m", 0.0), shown(*contents), ())
        assert (reading.status, reading.discards) == ("read", ())
        assert [item["line"] for item in listed_items(reply, chat="") or []] == [
            int(proposal.message_id[1:]) for proposal in reading.proposals
        ]
        found.append([(proposal.kind, proposal.category) for proposal in reading.proposals])
    assert found == [
        [("implicit", "euphemism"), ("explicit", "nihilism")],
        [("implicit", "abbreviation"), ("explicit", "method_placeholder")],
        [],
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_example_categories_that_the_settings_do_not_know_are_null(language: str):
    system = Prompt(shipped_prompt(language), "p", ("nihilism",)).system
    assert '"category": "nihilism"' in system
    assert system.count('"category": null') == 3


def test_the_window_stands_in_the_users_part_only():
    window = shown("在吗", "嗯嗯")
    system, user = Prompt(PLAIN, "p", ("甲", "乙")).messages(window)
    assert system == ("system", "说明 甲、乙")
    assert user == ("user", f"读：\n{window.chat}")


def test_the_hash_is_of_the_text():
    assert Prompt(PLAIN, "p", ()).hash != Prompt(PLAIN + " ", "p", ()).hash


SYSTEM, USER = "{% block system %}好{% endblock %}", "{% block user %}{{ chat }}{% endblock %}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{% block system %}", "prompts/x.j2: line 1: .*endblock"),
        (USER, r"there is no \{% block system %\}"),
        (SYSTEM, r"there is no \{% block user %\}"),
        (SYSTEM + "{% block user %}看聊天{% endblock %}", r"show the chat once and as it is, by \{\{ chat \}\}"),
        (SYSTEM + "{% block user %}{{ chat }}{{ chat }}{% endblock %}", "show the chat once"),
        (SYSTEM + "{% block user %}{{ chat | upper }}{% endblock %}", "show the chat once"),
        (SYSTEM + "{% block user %}{{ chat }}\n═════ END{% endblock %}", "hold no other fence"),
        ("{% block system %} {% endblock %}" + USER, "the block system is empty"),
        ("{% block system %}{{ chat }}{% endblock %}" + USER, "block system: 'chat' is undefined"),
        ("{% block system %}{{ 1 / 0 }}{% endblock %}" + USER, "block system: division by zero"),
        ("{% block system %}{% include 'x' %}{% endblock %}" + USER, "block system includes 'x', which does not exist"),
        ("{% block system %}{{ ''.__class__.__mro__ }}{% endblock %}" + USER, "block system: .*unsafe"),
        (SYSTEM + "{% block user %}{{ chats }}{% endblock %}", "block user: 'chats' is undefined"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(text: str, why: str):
    with pytest.raises(SettingsError, match=f"(?s){why}.*mend the file, or delete it"):
        Prompt(text, "prompts/x.j2", ())


def test_an_error_about_a_real_window_does_not_quote_it():
    fine_with_one = (
        SYSTEM + "{% block user %}{{ chat }}{% if n_lines > 1 %}{{ categories[chat] }}{% endif %}{% endblock %}"
    )
    prompt = Prompt(fine_with_one, "p", ())
    with pytest.raises(SettingsError, match="block user: UndefinedError") as raised:
        prompt.messages(shown("秘密的话", "还有一句"))
    assert "秘密" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_file_that_is_not_utf8_is_refused(workspace: Workspace):
    prompt_path(workspace).parent.mkdir()
    prompt_path(workspace).write_bytes("说明".encode("gbk"))
    with pytest.raises(SettingsError, match=r"lexicon-extract.zh.j2 is not UTF-8 text"):
        prompt_text(workspace)


def test_prompts_are_shipped_as_package_data():
    shipped = [path.name for path in files("lexicon").joinpath("prompts").iterdir()]
    assert sorted(shipped) == ["extract.en.j2", "extract.zh.j2"]


def test_a_fence_line_of_the_instructions_is_no_fence_of_a_window():
    system = Prompt(shipped_prompt("zh"), "p", ()).system
    assert "═════" in system
    assert not any(line in system.splitlines() for line in fenced("x").splitlines())

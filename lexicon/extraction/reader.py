"""Who reads: the voter that the settings name, and the requests that it is asked."""

from core.chat import ChatRequest, engine_of, parameters_of
from core.errors import SettingsError
from core.setting_tables.voting import Voter
from core.settings import Settings
from core.store import Recipe
from core.texts import closest
from core.workspace import Workspace
from lexicon.extraction.prompt import Prompt, prompt_path, prompt_text
from lexicon.extraction.replies import reply_schema
from lexicon.extraction.transcript import Transcript


def reading_voter(settings: Settings) -> Voter:
    """The voter named by lexicon.extract.voter. Raises SettingsError, naming those that could read, for any other."""
    name = settings.lexicon.extract.voter
    voters = {voter.name: voter for voter in settings.vote.voters}
    readers = [voter.name for voter in voters.values() if voter.asks_a_model]
    could = (
        f"voters that can: {', '.join(readers)}"
        if readers
        else 'none of the panel can; add a [[vote.voters]] table with backend = "openai" to assay.toml'
    )
    if not name:
        raise SettingsError(
            f"who is to read the chat? Name a voter with a model server as voter under [lexicon.extract] in "
            f"assay.toml, or by --voter; {could}"
        )
    if name not in voters:
        raise SettingsError(f"no voter {name!r} in assay.toml; {closest(name, voters)}")
    if not voters[name].asks_a_model:
        kind = voters[name].backend
        raise SettingsError(f"voter {name!r} has the backend {kind!r} and cannot read a chat for signal words; {could}")
    return voters[name]


class Reader:
    """A voter with its prompt. Raises SettingsError for a voter that cannot read or a prompt that is none."""

    def __init__(self, workspace: Workspace) -> None:
        self.voter = reading_voter(workspace.settings)
        self.categories = workspace.settings.lexicon.categories
        self.parameters = {**parameters_of(self.voter), "max_tokens": workspace.settings.lexicon.extract.max_tokens}
        self.prompt = Prompt(prompt_text(workspace), f"prompts/{prompt_path(workspace).name}", self.categories)

    @property
    def model(self) -> str:
        return self.voter.model or ""

    def request(self, transcript: Transcript) -> ChatRequest:
        """Its key covers all that decides the answer: model, parameters, the prompt as it came out, and the schema."""
        return ChatRequest(
            model=self.model,
            messages=self.prompt.messages(transcript),
            parameters=self.parameters,
            schema=reply_schema(self.categories, len(transcript.lines)),
            engine=engine_of(self.voter),
        )


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``proposals/llm`` is made of. Speed and place of the server, and its name, are no part of it."""
    reader = Reader(workspace)
    settings = workspace.settings.lexicon.extract.model_dump(mode="json", exclude={"voter", "max_tokens"})
    return Recipe(
        inputs={**workspace.store.hashes("messages"), "prompt": reader.prompt.hash},
        settings={
            **settings,
            "categories": list(reader.categories),
            "model": reader.model,
            "parameters": reader.parameters,
        },
    )

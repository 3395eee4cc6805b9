"""What the voters of one run read, made when the first of them needs it: segments as chats, training data."""

from collections.abc import Mapping
from functools import cached_property

import polars as pl

from annotation.silver.ballots import ReadyVoter
from annotation.silver.documents import Document, SignalWords, document_of_segment, signal_words
from annotation.silver.forms.form import Form
from annotation.silver.prompting import PromptTexts, prompt_texts
from annotation.silver.training import TrainingSet, training_set
from core.contracts import empty
from core.counting import counted
from core.display import Display, displays
from core.errors import DataError
from core.reply_cache import ReplyCache
from core.setting_tables.voting import Voter
from core.workspace import Workspace


class Material:
    """The reading matter of a workspace. Tables are read at most once, and not at all when nothing has to be cast."""

    def __init__(self, workspace: Workspace, segments: pl.DataFrame) -> None:
        self.workspace = workspace
        self.segments = segments

    @cached_property
    def displays(self) -> Mapping[str, Display]:
        """segment_id → the segment as a chat, in the order of the table."""
        store = self.workspace.store
        if self.segments.is_empty():
            return {}
        messages = store.read("messages", maker="collect PATH")
        wanted = self.segments.get_column("message_ids").explode()
        n_gone = int((~wanted.is_in(messages.get_column("message_id").implode())).sum())
        if n_gone:
            raise DataError(
                f"the segments name {counted(n_gone, 'message')} that the table messages no longer holds; "
                "run: assay segment"
            )
        return displays(self.segments, messages, store.read_or_empty("matches"))

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        return {segment_id: document_of_segment(display) for segment_id, display in self.displays.items()}

    @cached_property
    def words(self) -> SignalWords:
        return signal_words(self.workspace.store.read_or_empty("lexicon"))

    @cached_property
    def training(self) -> TrainingSet:
        use_gold = self.workspace.settings.vote.use_gold
        gold = self.workspace.store.read_or_empty("gold") if use_gold else empty("gold")
        return training_set(self.workspace.codebook, gold, self.documents)

    @cached_property
    def prompts(self) -> PromptTexts:
        return prompt_texts(self.workspace)

    def ready(self, voter: Voter) -> ReadyVoter:
        """A member of the panel with all that it reads. Raises SettingsError for a recipe that does not exist, and for
        a model's reply that cannot fit its max_tokens.
        """
        if voter.backend == "embedded":
            return self._embedded(voter)
        if voter.backend == "replay":
            from annotation.silver.replay import ReplayVoter

            segment_ids = self.segments.get_column("segment_id").to_list()
            return ReplayVoter(voter, self.workspace.root, self.workspace.codebook, segment_ids)
        return self._model(voter)

    def forms(self, voter: Voter) -> tuple[Form, ...]:
        """What a voter that asks a model is asked with about each segment."""
        from annotation.silver.interviews import forms_for

        return forms_for(voter, self.workspace.settings.vote, self.workspace.codebook, self.prompts)

    def _model(self, voter: Voter) -> ReadyVoter:
        from annotation.silver.chat_voter import ChatVoter

        cache, engines = ReplyCache(self.workspace.cache / "llm"), self.workspace.settings.vote.engines
        asking = ChatVoter(voter, self.workspace.codebook, self.forms(voter), self.displays, cache, engines)
        asking.check_room()
        return asking

    def _embedded(self, voter: Voter) -> ReadyVoter:
        from annotation.silver.embedded import EmbeddedVoter
        from annotation.silver.recipes import recipe_named

        return EmbeddedVoter(
            name=voter.name,
            recipe=recipe_named(voter.recipe or voter.name, voter.name),
            training=self.training,
            documents=self.documents,
            words=self.words,
            seed=self.workspace.settings.vote.seed,
            abstain_below=voter.abstain_below,
        )

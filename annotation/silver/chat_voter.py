"""Voters behind a model server: one request a segment, all rating variables in it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from annotation.silver.ballots import Ballot, Vote
from annotation.silver.prompting import reply_schema, system_text, user_text
from annotation.silver.replies import FAILED, read_reply
from core.chat import Answer, ChatFailure, ChatRequest, ReplyCache, parameters_of, server_of
from core.codebook import Codebook
from core.display import Display
from core.errors import SettingsError
from core.llm import ask_all
from core.setting_tables.voting import Voter


class ChatVoter:
    """One model at work. The hash of a vote is the hash of its request: model, parameters, prompt and schema."""

    def __init__(
        self, voter: Voter, codebook: Codebook, language: str, displays: Mapping[str, Display], cache: ReplyCache
    ) -> None:
        if voter.model is None or voter.base_url is None:
            raise SettingsError(f"voter {voter.name!r} needs a model and a base_url")
        self.voter = voter
        self.model = voter.model
        self.codebook = codebook
        self.language = language
        self.displays = displays
        self.cache = cache

    @cached_property
    def requests(self) -> Mapping[str, ChatRequest]:
        """segment_id → what is asked about it."""
        system = system_text(self.codebook, self.language)
        schema = reply_schema(self.codebook)
        parameters = parameters_of(self.voter)
        return {
            segment_id: ChatRequest(
                model=self.model,
                messages=(("system", system), ("user", user_text(display, self.language))),
                parameters=parameters,
                schema=schema,
            )
            for segment_id, display in self.displays.items()
        }

    def hashes(self) -> Mapping[Ballot, str]:
        return {
            (segment_id, rating.name): request.key
            for segment_id, request in self.requests.items()
            for rating in self.codebook.rating_variables
        }

    def rounds(self, pending: Sequence[Ballot]) -> int:
        return len({segment_id for segment_id, _ in pending})

    def cast(self, pending: Sequence[Ballot]) -> Iterator[Sequence[Vote]]:
        """All votes on one segment at a time, in the order of the answers."""
        wanted: dict[str, set[str]] = {}
        for segment_id, variable in pending:
            wanted.setdefault(segment_id, set()).add(variable)
        segment_ids = list(wanted)
        asked = (self.requests[segment_id] for segment_id in segment_ids)
        for number, answer in ask_all(server_of(self.voter), asked, self.cache):
            votes = self._votes(segment_ids[number], answer)
            yield [vote for vote in votes if vote.variable in wanted[segment_ids[number]]]

    def _votes(self, segment_id: str, answer: Answer) -> list[Vote]:
        ratings = self.codebook.rating_variables
        if isinstance(answer, ChatFailure):
            said, rationale, model = {rating.name: FAILED for rating in ratings}, answer.reason, self.model
        else:
            said, rationale = read_reply(answer, ratings)
            model = answer.model
        return [
            Vote(
                segment_id=segment_id,
                voter=self.voter.name,
                variable=rating.name,
                label=said[rating.name].label,
                status=said[rating.name].status,
                rationale=rationale,
                probability=None,
                model=model,
                prompt_hash=self.requests[segment_id].key,
                seconds=answer.seconds,
            )
            for rating in ratings
        ]

"""Voters that put prompts to a language model, wherever it runs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from annotation.silver.ballots import Ballot, Vote
from annotation.silver.forms.form import FAILED, REFUSED, UNPARSED, Ask, Form, Heard, Said, all_said
from annotation.silver.replies import declined, reason
from annotation.silver.reply_length import refuse_too_little_room
from core.chat import Answer, ChatFailure, ChatReply, ChatRequest, engine_of, parameters_of
from core.codebook import Codebook
from core.display import Display
from core.llm.door import Door, ask_all, open_door
from core.reply_cache import ReplyCache
from core.setting_tables.voting import EngineSettings, Voter
from core.store import digest

EMPTY = "(an empty reply)"


@dataclass(frozen=True)
class Sitting:
    """One form put to a voter for one segment. requests: for each time it is asked, what it may be asked."""

    segment_id: str
    form: Form
    asks: tuple[Ask, ...]
    requests: tuple[tuple[ChatRequest, ...], ...]

    @cached_property
    def key(self) -> str:
        """Hash of all that determines the votes: of the one request, or of all that may be made."""
        keys = [request.key for time in self.requests for request in time]
        return keys[0] if len(keys) == 1 else digest(keys)


class ChatVoter:
    """One model at work. The hash of a vote is that of its requests: model, parameters, prompt and schema."""

    def __init__(
        self,
        voter: Voter,
        codebook: Codebook,
        forms: Sequence[Form],
        displays: Mapping[str, Display],
        cache: ReplyCache,
        engines: EngineSettings,
    ) -> None:
        self.voter = voter
        self.model = voter.model or ""
        self.codebook = codebook
        self.forms = tuple(forms)
        self.displays = displays
        self.cache = cache
        self.engines = engines

    @cached_property
    def sittings(self) -> Mapping[Ballot, Sitting]:
        """What is asked for each ballot, in the order of the table; ballots of one form share a sitting."""
        found: dict[Ballot, Sitting] = {}
        for segment_id, display in self.displays.items():
            own = {rating.name: sitting for sitting in self._sit(display) for rating in sitting.form.ratings}
            found |= {(segment_id, rating.name): own[rating.name] for rating in self.codebook.rating_variables}
        return found

    def _sit(self, display: Display) -> Iterator[Sitting]:
        for form in self.forms:
            asks = form.asks(display)
            times = range(self.voter.self_consistency)
            requests = tuple(tuple(self._request(ask, time) for ask in asks) for time in times)
            yield Sitting(display.segment_id, form, asks, requests)

    def _request(self, ask: Ask, time: int) -> ChatRequest:
        parameters = parameters_of(self.voter)
        if self.voter.self_consistency > 1:
            parameters["seed"] = (self.voter.seed or 0) + time
        if ask.max_tokens is not None:
            parameters["max_tokens"] = ask.max_tokens
        return ChatRequest(
            self.model, ask.messages, parameters, ask.schema, choices=ask.choices, engine=engine_of(self.voter)
        )

    def check_room(self) -> None:
        """Raises SettingsError where max_tokens has no room for any reply to what is asked of the first segment."""
        for display in islice(self.displays.values(), 1):
            for sitting in self._sit(display):
                for request in sitting.requests[0]:
                    refuse_too_little_room(request, self.voter)

    def hashes(self) -> Mapping[Ballot, str]:
        return {ballot: sitting.key for ballot, sitting in self.sittings.items()}

    def first_requests(self, pending: Sequence[Ballot]) -> list[ChatRequest]:
        """What is asked for these ballots whatever the answers, in the order of asking."""
        return [time[0] for sitting in self._wanted(pending) for time in sitting.requests]

    def n_later(self, pending: Sequence[Ballot]) -> int:
        """How many more requests the answers may lead to."""
        return sum(len(time) - 1 for sitting in self._wanted(pending) for time in sitting.requests)

    def rounds(self, pending: Sequence[Ballot]) -> int:
        return len(self._wanted(pending))

    def _wanted(self, pending: Sequence[Ballot]) -> list[Sitting]:
        sittings = (self.sittings[ballot] for ballot in pending)
        return list({id(sitting): sitting for sitting in sittings}.values())

    def cast(self, pending: Sequence[Ballot]) -> Iterator[Sequence[Vote]]:
        """The votes of one sitting at a time, in the order of the answers; none that was not asked for."""
        wanted = set(pending)
        with open_door(self.voter, self.engines) as door:
            talks = [Talk(sitting) for sitting in self._wanted(pending)]
            for talk in self._held(door, talks):
                yield [vote for vote in self._votes(talk) if vote.ballot in wanted]

    def _held(self, door: Door, talks: Sequence["Talk"]) -> Iterator["Talk"]:
        """The talks, each once it is over. What must be asked next is asked when all have been asked before."""
        due = [(talk, time) for talk in talks for time in range(len(talk.sitting.requests))]
        while due:
            requests = (talk.next_request(time) for talk, time in due)
            again: list[tuple[Talk, int]] = []
            for number, answer in ask_all(door, requests, self.cache):
                talk, time = due[number]
                if talk.hear(time, answer):
                    again.append((talk, time))
                elif talk.over:
                    yield talk
            due = again

    def _votes(self, talk: "Talk") -> list[Vote]:
        heard = talk.outcome
        return [
            Vote(
                segment_id=talk.sitting.segment_id,
                voter=self.voter.name,
                variable=rating.name,
                label=heard.said[rating.name].label,
                status=heard.said[rating.name].status,
                rationale=heard.unread if heard.unread and heard.said[rating.name] == UNPARSED else heard.rationale,
                probability=heard.said[rating.name].probability,
                model=talk.model or self.model,
                prompt_hash=talk.sitting.key,
                seconds=talk.seconds,
            )
            for rating in talk.sitting.form.ratings
        ]


class Talk:
    """A sitting under way: what was answered so far, each time it was asked."""

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.replies: list[list[ChatReply]] = [[] for _ in sitting.requests]
        self.heard: dict[int, Heard] = {}
        self.model = ""
        self.seconds = 0.0

    def next_request(self, time: int) -> ChatRequest:
        return self.sitting.requests[time][len(self.replies[time])]

    def hear(self, time: int, answer: Answer) -> bool:
        """Take an answer; whether there is more to ask this time."""
        self.seconds += answer.seconds
        form = self.sitting.form
        if isinstance(answer, ChatFailure):
            self.heard[time] = Heard(all_said(form.ratings, FAILED), answer.reason)
            return False
        self.model = answer.model
        self.replies[time].append(answer)
        if declined(answer):
            self.heard[time] = Heard(all_said(form.ratings, REFUSED), reason(answer.refusal))
            return False
        heard = form.read(self.sitting.asks, self.replies[time])
        if heard.more:
            return True
        self.heard[time] = replace(heard, unread=reason(answer.text) or EMPTY)
        return False

    @property
    def over(self) -> bool:
        return len(self.heard) == len(self.sitting.requests)

    @property
    def outcome(self) -> Heard:
        """What all times together come to; failed if one of them failed, for then it is not known."""
        times = [self.heard[time] for time in sorted(self.heard)]
        if len(times) == 1:
            return times[0]
        failed = next((heard for heard in times if FAILED in heard.said.values()), None)
        return failed or most_consistent(times)


def most_consistent(times: Sequence[Heard]) -> Heard:
    """For each variable the label that was given most often, with its share of the labels given as probability.

    A tie says nothing: the voter cannot tell. Without any label, the status that came most often. rationale: how often
    each label came (−1: none), and the first reason that led to what won. Self-consistency: Wang and others, 2022.
    """
    said: dict[str, Said] = {}
    spread: list[str] = []
    for variable in times[0].said:
        given = [heard.said[variable] for heard in times]
        said[variable] = _most_often(given)
        counts = sorted(Counter(one.label for one in given).items())
        spread.append(f"{variable}: " + ", ".join(f"{label} × {n}" for label, n in counts))
    labels = {variable: one.label for variable, one in said.items()}
    agreeing = (heard for heard in times if {name: one.label for name, one in heard.said.items()} == labels)
    why = next((heard.rationale for heard in agreeing if heard.rationale), None)
    return Heard(said, reason("\n".join(["; ".join(spread), *([why] if why else [])])))


def _most_often(given: Sequence[Said]) -> Said:
    labels = Counter(one.label for one in given if one.status == "ok").most_common()
    if not labels:
        return Counter(given).most_common(1)[0][0]
    if len(labels) > 1 and labels[0][1] == labels[1][1]:
        return REFUSED
    return Said(labels[0][0], "ok", labels[0][1] / sum(n for _, n in labels))

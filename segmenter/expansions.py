"""The ways to expand that the setting ``expansion`` names."""

from collections.abc import Callable, Mapping

from core.errors import DataError, SettingsError
from segmenter.contexts import Chats, Contexts, Positions
from segmenter.expansion import Expansion, expand_chats
from segmenter.growing import Limits
from segmenter.linked import linked_contexts

ContextsOf = Callable[[Chats, Positions, Expansion], Contexts]
"""The context of every seed.

It gets the messages of many chats (times, replies, users, where each chat begins; see `contexts.Chats`), the
positions of the suspicious messages in ascending order, each once, and the parameters. It returns one set a seed, in
the order of the seeds; a set holds its seed and only messages of its seed's chat. What a set holds may depend on
nothing outside its chat, since chats are worked on in portions. The merge rules take it from there.
"""


def _linked(chats: Chats, seeds: Positions, parameters: Expansion) -> Contexts:
    if chats.mentions is None:
        raise DataError("wanted chats with their mentions; got none. Make them with in_chat_order(…, mentions=True).")
    limits = Limits(parameters.max_gap, parameters.max_size, parameters.max_span)
    return linked_contexts(chats, chats.mentions, seeds, limits)


EXPANSIONS: Mapping[str, ContextsOf] = {"paper": expand_chats, "linked": _linked}
ASK_FOR_MENTIONS = frozenset({"linked"})
"""The expansions that look at whom a message addresses."""


def contexts_of(chats: Chats, seeds: Positions, parameters: Expansion) -> Contexts:
    """The context of every seed, by the expansion that the parameters name. Raises SettingsError for another name."""
    if parameters.expansion not in EXPANSIONS:
        known = ", ".join(map(repr, EXPANSIONS))
        raise SettingsError(f"expansion: wanted one of {known}, got {parameters.expansion!r}. Change expansion.")
    return EXPANSIONS[parameters.expansion](chats, seeds, parameters)

"""The table of recognisers: what counts as personal data in a text, and what stands for it.

They run in the order of `RECOGNISERS`: what is longest or surest first, so that no part of an address of a mailbox is
taken for a name, nor of an identity number for a telephone. `MENTIONS` run last, when members are known
(`collector.members`). A new form of personal data is one more row; its examples are its test.
"""

from collector.recognisers.accounts import ACCOUNTS
from collector.recognisers.cards import CARDS
from collector.recognisers.links import LINKS, MACHINES, MENTIONS
from collector.recognisers.phones import PHONES
from collector.recognisers.places import PLACES, PLATES
from collector.recognisers.recogniser import LINK_REMOVED, PLACEHOLDERS, Recogniser

RECOGNISERS = (*LINKS, *MACHINES, *CARDS, *ACCOUNTS, *PHONES, *PLATES, *PLACES)

__all__ = ["LINK_REMOVED", "MENTIONS", "PLACEHOLDERS", "RECOGNISERS", "Recogniser"]

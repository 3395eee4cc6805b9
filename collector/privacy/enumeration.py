"""Trying every id of a platform: what it finds among ids hashed without a key, among keyed ones, and among the stored.

Ids of Telegram users are numbers below about 10¹⁰, so a plain hash of one is undone by hashing them all.
"""

import hashlib
import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import asdict, dataclass
from typing import Any

from collector.pseudonyms import Pseudonyms
from core.progress import track

ALL_IDS = 10**10
FIRST_ID = 5_000_000_000
"""Where the tried range begins unless told otherwise: Telegram gave out ids from here on in recent years."""
SYNTHETIC_USERS = 1_000
COMPARED_BYTES = 16
_AT_ONCE = 100_000

Hash = Callable[[bytes], "hashlib._Hash"]
_HASHES: Mapping[str, Hash] = {"SHA-256": hashlib.sha256, "SHA-1": hashlib.sha1, "MD5": hashlib.md5}
_BEFORE_THE_NUMBER = {
    "user123": b"user",
    "123": b"",
    "user 0x1F telegram 0x1F user123": b"user\x1ftelegram\x1fuser",
    "channel123": b"channel",
    "telegram:123": b"telegram:",
    "user:telegram:123": b"user:telegram:",
    "chat:telegram:123": b"chat:telegram:",
    "chat 0x1F telegram 0x1F 123": b"chat\x1ftelegram\x1f",
}
_ALSO_OLD_HASHES = ("user123", "123", "user 0x1F telegram 0x1F user123")


@dataclass(frozen=True)
class Construction:
    """One way to make an id without a key: the hash, in hex, cut or not, of ``prefix`` and the number.

    like: what is hashed, as it would be for the id 123.
    """

    hash_name: str
    like: str
    prefix: bytes

    @property
    def name(self) -> str:
        return f"{self.hash_name} of {self.like}"

    def digest(self, number: int) -> bytes:
        """The first 16 bytes for one id."""
        return _HASHES[self.hash_name](self.prefix + b"%d" % number).digest()[:COMPARED_BYTES]

    def found(self, numbers: Iterable[int], targets: Set[bytes]) -> set[bytes]:
        """Those of the targets (16 bytes each) that are made of one of the numbers."""
        new, prefix, hits = _HASHES[self.hash_name], self.prefix, set[bytes]()
        for number in numbers:
            digest = new(prefix + b"%d" % number).digest()[:COMPARED_BYTES]
            if digest in targets:
                hits.add(digest)
        return hits


CONSTRUCTIONS = (
    *(Construction("SHA-256", like, prefix) for like, prefix in _BEFORE_THE_NUMBER.items()),
    *(Construction(old, like, _BEFORE_THE_NUMBER[like]) for old in ("SHA-1", "MD5") for like in _ALSO_OLD_HASHES),
)
PLAIN = CONSTRUCTIONS[0]


@dataclass(frozen=True)
class Enumeration:
    """What trying ``n_ids`` ids from ``first_id`` on found.

    per_second: ids hashed a second by one core here. hours_for_all: at that speed, for 10¹⁰ ids. synthetic: invented
    users in the range; plain_found, keyed_found: those of them that were found, hashed by plain SHA-256 and under a
    random key. stored: distinct user and chat ids of the workspace; stored_found: construction → those that it made.
    """

    first_id: int
    n_ids: int
    constructions: int
    per_second: float
    hours_for_all: float
    synthetic: int
    plain_found: int
    keyed_found: int
    stored: int
    stored_found: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def enumerate_ids(stored: Set[str], n_ids: int, first_id: int = FIRST_ID, seed: int = 7) -> Enumeration:
    """Try a range of ids against invented users in it and against the stored ids, by every plain construction.

    Takes about 10 seconds a million ids. Stored ids that are no hexadecimal digest cannot match and are only counted.
    """
    invented = random.Random(seed).sample(range(first_id, first_id + n_ids), min(SYNTHETIC_USERS, n_ids))
    secret = Pseudonyms(secrets.token_bytes(32), "telegram")
    plain = {PLAIN.digest(number) for number in invented}
    keyed = {bytes.fromhex(secret.user(f"user{number}")) for number in invented}
    held = {digest for digest in map(_digest, stored) if digest is not None}
    targets = plain | keyed | held
    hits: dict[Construction, set[bytes]] = {construction: set() for construction in CONSTRUCTIONS}
    seconds = 0.0
    for construction, numbers in track(_work(first_id, n_ids), "trying ids", len(CONSTRUCTIONS) * _pieces(n_ids)):
        started = time.perf_counter()
        hits[construction] |= construction.found(numbers, targets)
        seconds += time.perf_counter() - started if construction is PLAIN else 0.0
    per_second = n_ids / seconds
    return Enumeration(
        first_id=first_id,
        n_ids=n_ids,
        constructions=len(CONSTRUCTIONS),
        per_second=per_second,
        hours_for_all=ALL_IDS / per_second / 3600,
        synthetic=len(invented),
        plain_found=len(hits[PLAIN] & plain),
        keyed_found=len(set().union(*hits.values()) & keyed),
        stored=len(stored),
        stored_found={way.name: len(found & held) for way, found in hits.items() if found & held},
    )


def _work(first_id: int, n_ids: int) -> Iterable[tuple[Construction, range]]:
    """What there is to try, in small pieces."""
    for construction in CONSTRUCTIONS:
        for start in range(first_id, first_id + n_ids, _AT_ONCE):
            yield construction, range(start, min(start + _AT_ONCE, first_id + n_ids))


def _pieces(n_ids: int) -> int:
    return -(-n_ids // _AT_ONCE)


def _digest(stored: str) -> bytes | None:
    """The first 16 bytes of an id in hexadecimal; None when it is something else."""
    try:
        digest = bytes.fromhex(stored)[:COMPARED_BYTES]
    except ValueError:
        return None
    return digest if len(digest) == COMPARED_BYTES else None

"""The comparisons of irc_conversations.py, each a list of rows: plain dictionaries, the same in tables and JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import irc_methods as methods
import numpy as np
from irc_channel import Channel
from irc_methods import Segments
from irc_scores import Scores, averaged, interval, score

from segmenter.contexts import Positions
from segmenter.linking import Pull
from segmenter.merge import union

SHARES = {"all hidden": 0.0, "17 % shown": 0.17, "50 % shown": 0.5, "all shown": 1.0}
"""Reply links that a method may see. Annotators set them all; in a chat some answers are marked, few or many."""
DRAWS = 5
SIZES = (8, 14, 20, 30, 40)
MOST_MESSAGES = 100
Row = dict[str, Any]
Method = Callable[[Channel, Positions], Segments]


def lengths(segments: Segments) -> Positions:
    return np.array([len(segment) for segment in segments], dtype=np.int64)


def row(channel: Channel, seeds: Positions, scores: Scores, **labels: Any) -> Row:
    """Means over seeds with 95 % intervals over conversations, and how the segments look."""
    clusters = channel.conversation[seeds]
    shown: Row = {**labels}
    for name in ("recall", "precision", "f1", "at_worst"):
        values = getattr(scores, name)
        low, high = interval(values, clusters)
        shown[name] = {"mean": float(values.mean()), "low": low, "high": high}
    return {**shown, "size": float(scores.size.mean()), "unknown": float(scores.unknown.mean())}


def over_draws(channel: Channel, seeds: Positions, share: float, method: Method) -> Scores:
    """The scores of a method with a share of the links, averaged over draws where links are drawn."""
    draws = range(1 if share in (0, 1) else DRAWS)
    seen = (channel.with_replies(share, draw) for draw in draws)
    return averaged([score(channel.conversation, seeds, method(one, seeds)) for one in seen])


def main_rows(channel: Channel, seeds: Positions, share: float) -> list[Row]:
    """Every method with one share of the links, and at the end the differences at equal sizes."""

    def like_algorithm_1(one: Channel) -> Positions:
        return lengths(methods.algorithm_1(one, seeds))

    def same_mean(one: Channel, seeds: Positions) -> Segments:
        wanted = float(lengths(methods.linked(one, seeds)).mean())
        return methods.algorithm_1_of_mean_size(one, seeds, wanted)[1]

    def mean_window(one: Channel, seeds: Positions) -> Segments:
        k = round(float(like_algorithm_1(one).mean()))
        return methods.window(one, seeds, np.full(len(seeds), k))

    tried: Mapping[str, Method] = {
        "Algorithm 1": methods.algorithm_1,
        "window, size of Algorithm 1": lambda one, seeds: methods.window(one, seeds, like_algorithm_1(one)),
        "window, its mean size": mean_window,
        "reply links only": methods.replies_only,
        "linked, size of Algorithm 1": lambda one, seeds: methods.linked_at(one, seeds, like_algorithm_1(one)),
        "linked": methods.linked,
        "Algorithm 1, mean size of linked": same_mean,
    }
    found = {name: over_draws(channel, seeds, share, method) for name, method in tried.items()}
    for one, other in (("linked, size of Algorithm 1", "Algorithm 1"), ("linked", "Algorithm 1, mean size of linked")):
        found[f"{one} − {other}"] = found[one].minus(found[other])
    return [row(channel, seeds, scores, method=name) for name, scores in found.items()]


def size_rows(channel: Channel, seeds: Positions) -> list[Row]:
    """Algorithm 1, windows and links at several sizes, links hidden; sizes are equal seed by seed."""
    hidden = channel.with_replies(0)
    rows = []
    for size in SIZES:
        grown = methods.algorithm_1(hidden, seeds, size)
        tried = {
            "Algorithm 1": grown,
            "window": methods.window(hidden, seeds, lengths(grown)),
            "linked, same size": methods.linked_at(hidden, seeds, lengths(grown)),
            "linked": methods.linked(hidden, seeds, size),
        }
        for name, segments in tried.items():
            scores = score(channel.conversation, seeds, segments)
            rows.append(row(channel, seeds, scores, max_size=size, method=name))
    return rows


def log_rows(channel: Channel, logs: Mapping[int, str]) -> list[Row]:
    """Log by log: what links gain at exactly the size of Algorithm 1, links hidden. logs: number → part."""
    hidden, rows = channel.with_replies(0), []
    for log, part in logs.items():
        seeds = channel.seeds([log])
        grown = methods.algorithm_1(hidden, seeds)
        for name, segments in (
            ("Algorithm 1", grown), ("linked, same size", methods.linked_at(hidden, seeds, lengths(grown)))
        ):  # fmt: skip
            scores = score(channel.conversation, seeds, segments)
            rows.append(row(channel, seeds, scores, log=log + 1, part=part, method=name))
    return rows


def sense_rows(channel: Channel, seeds: Positions) -> list[Row]:
    """What each kind of relation is worth: the chat as it is, without names in texts, without senders too."""
    hidden, rows = channel.with_replies(0), []
    seen = {
        "senders and names": hidden,
        "senders, no names": methods.without_mentions(hidden),
        "order only": methods.without_users(hidden),
    }
    for size in (14, 30):
        grown = methods.algorithm_1(hidden, seeds, size)
        scores = score(channel.conversation, seeds, grown)
        rows.append(row(channel, seeds, scores, max_size=size, method="Algorithm 1"))
        for name, one in seen.items():
            scores = score(channel.conversation, seeds, methods.linked_at(one, seeds, lengths(grown)))
            rows.append(row(channel, seeds, scores, max_size=size, method=f"linked, same size: {name}"))
    return rows


def length_rows(channel: Channel, seeds: Positions) -> list[Row]:
    """Seeds by the length of their conversation, links hidden."""
    hidden, rows = channel.with_replies(0), []
    n = channel.sizes()[channel.conversation[seeds]]
    for low, high in ((1, 1), (2, 5), (6, 15), (16, 30), (31, 10**6)):
        some = seeds[(n >= low) & (n <= high)]
        named = {"Algorithm 1": methods.algorithm_1(hidden, some), "linked": methods.linked(hidden, some)}
        for name, segments in named.items():
            scores = score(channel.conversation, some, segments)
            labels = {"from": low, "to": high, "n_seeds": len(some), "method": name}
            rows.append(row(channel, some, scores, **labels))
    return rows


def merged_rows(channel: Channel, suspicious: Positions, scored: Positions) -> list[Row]:
    """After merging by `union` and the length filter: what becomes of the suspicious messages, all links hidden."""
    hidden, rows = channel.with_replies(0), []
    for max_size in (8, 14, 30):
        for name, method in (("Algorithm 1", methods.algorithm_1), ("linked", methods.linked)):
            merged = union(method(hidden, suspicious, max_size))
            kept = [np.array(segment) for segment in merged if 2 <= len(segment) <= MOST_MESSAGES]
            holder = {position: segment for segment in kept for position in segment.tolist()}
            left = np.array([seed for seed in scored.tolist() if seed in holder], dtype=np.int64)
            scores = score(channel.conversation, left, [holder[seed] for seed in left.tolist()])
            lost = sum(seed not in holder for seed in suspicious.tolist())
            labels = {"max_size": max_size, "method": name, "segments": len(kept), "lost": lost}
            rows.append(row(channel, left, scores, **labels, scored=len(left)))
    return rows


def weight_rows(channel: Channel, seeds: Positions, weights: Mapping[str, Sequence[float]]) -> list[Row]:
    """The weights one at a time around the defaults: F1 with links hidden and with half of them."""
    rows = []
    for name, values in weights.items():
        for value in values:
            pull = replace(Pull(), **{name: value})

            def method(one: Channel, seeds: Positions, pull: Pull = pull) -> Segments:
                return methods.linked(one, seeds, pull=pull)

            labels = {"weight": name, "value": value, "default": value == getattr(Pull(), name)}
            for share in (0.0, 0.5):
                scores = over_draws(channel, seeds, share, method)
                rows.append(row(channel, seeds, scores, **labels, share=share))
    return rows

"""Matching, against the bare library ahocorasick_rs on the same messages, which finds indexes and no more.

It folds nothing, skips no marks, knows no ids and makes no table. On request, whole processes on ten million messages.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import ahocorasick_rs
from comparison import Row
from made_messages import N_TERMS, made_lexicon, made_messages, write_workspace

from lexicon.matching import find_matches

N_MESSAGES, N_MANY, LIMIT_MIB = 258_228, 10_000_000, 512
OURS = """
import sys
from pathlib import Path
from core.workspace import open_workspace
from lexicon.matching import match
print("matches", match(open_workspace(Path(sys.argv[1]))).n_matches)
"""
BARE = """
import sys
from pathlib import Path
import ahocorasick_rs, polars as pl
tables = Path(sys.argv[1]) / "tables"
automaton = ahocorasick_rs.AhoCorasick(pl.read_parquet(tables / "lexicon.parquet")["term"].to_list())
found = 0
for path in sorted((tables / "messages").glob("*.parquet")):
    for text in pl.read_parquet(path, columns=["content"])["content"].to_list():
        found += len(automaton.find_matches_as_indexes(text, overlapping=True))
print("matches", found)
"""
# Not getrusage: its maximum begins at that of the process that started this one.
PEAK = """
import re
print("peak", int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)
"""
workspace = cache(write_workspace)


def rows() -> Iterator[Row]:
    messages, lexicon = made_messages(N_MESSAGES), made_lexicon()
    contents, terms = messages["content"].to_list(), lexicon["term"].to_list()

    def bare() -> list[list[tuple[int, int, int]]]:
        automaton = ahocorasick_rs.AhoCorasick(terms)
        return [automaton.find_matches_as_indexes(text, overlapping=True) for text in contents]

    if sum(map(len, bare())) > find_matches(messages, lexicon).height:
        raise RuntimeError("ahocorasick_rs finds more in the made-up messages than Assay does")
    what = f"match: {N_MESSAGES:,} messages × {N_TERMS:,} terms"
    yield Row(what, "ahocorasick_rs alone", lambda: find_matches(messages, lexicon), bare, 5)


def rows_on_request() -> Iterator[Row]:
    """Whole processes, which take long: Assay reads, hashes, matches, checks and writes; the peer reads and matches."""
    for n_messages in (N_MESSAGES, N_MANY):
        yield Row(
            f"many: match {n_messages:,} messages × {N_TERMS:,} terms, whole process",
            "ahocorasick_rs on the same files",
            lambda n_messages=n_messages: process(OURS, n_messages),
            lambda n_messages=n_messages: process(BARE, n_messages),
            2,
            lambda n_messages=n_messages: workspace(n_messages),
        )


def peaks() -> Iterator[tuple[str, float, Callable[[], float]]]:
    """What is matched, the most memory it may take (MiB), and what measures the most that it took (MiB)."""
    what = f"memory: match {N_MANY:,} messages × {N_TERMS:,} terms"
    yield what, LIMIT_MIB, lambda: process(OURS + PEAK, N_MANY)["peak"]


def process(program: str, n_messages: int) -> dict[str, float]:
    """The figures that a process of its own prints about a made-up workspace, in which nothing was matched yet."""
    corpus = Path(workspace(n_messages).name) / "corpus"
    for path in (corpus / "tables").glob("matches*"):
        path.unlink()
    call = [sys.executable, "-c", program, str(corpus)]
    told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", told)}

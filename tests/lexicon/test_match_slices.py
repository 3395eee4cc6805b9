import re
import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

from core.contracts import empty
from core.errors import ContractError, DataError, WorkspaceError
from core.store import Recipe, Store
from lexicon import message_slices as slices_module
from lexicon.message_slices import message_slices

HELD = """
import sys, re
from pathlib import Path
import polars as pl
from lexicon.message_slices import detached
kept = []
for chat in range(40):
    ids = pl.select(message_id=pl.int_range(250_000).cast(pl.String).str.zfill(32))
    kept.append(detached(ids[[5, 7]]))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def messages(chat, *contents):
    rows = [
        {"message_id": f"{chat}{n}", "chat_id": chat, "user_id": "u", "reply_id": None, "content": content,
         "timestamp": datetime(2026, 1, 1, tzinfo=UTC), "is_forward": False, "edited_at": None}
        for n, content in enumerate(contents)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=empty("messages").schema)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for chat, contents in {"b": ("今天好", "明天好"), "a": ("真的好累",)}.items():
        store.write(f"messages/{chat}", messages(chat, *contents), Recipe(inputs={}))
    return store


def test_slices_run_through_the_files_in_the_order_of_the_table(store):
    (found,) = message_slices(store, "message_id", "content")
    assert found.rows() == [("a0", "真的好累"), ("b0", "今天好"), ("b1", "明天好")]
    assert found.equals(store.read("messages").select("message_id", "content"))


def test_slices_have_a_limit(store, monkeypatch):
    monkeypatch.setattr(slices_module, "ROWS_AT_ONCE", 2)
    assert [some["message_id"].to_list() for some in message_slices(store, "message_id")] == [["a0", "b0"], ["b1"]]


def test_no_messages_yet_says_what_to_do(tmp_path):
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*assay collect PATH"):
        list(message_slices(Store(tmp_path), "message_id"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop("content"), r"messages/a.parquet lacks the columns \['content'\]"),
        (lambda frame: frame.with_columns(content=pl.lit(3)), "in another type"),
        (lambda frame: frame.with_columns(content=pl.lit(None, pl.String)), r"nulls in \['content'\]"),
    ],
)
def test_files_that_break_the_contract_are_refused(store, change, said):
    change(store.read("messages/a")).write_parquet(store.path("messages/a"))
    with pytest.raises(ContractError, match=said):
        list(message_slices(store, "message_id", "content"))


def test_a_file_that_is_no_parquet_is_refused(store):
    store.path("messages/a").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match="not readable Parquet"):
        list(message_slices(store, "message_id"))


@pytest.mark.slow
def test_what_is_kept_of_a_slice_does_not_keep_the_slice_in_memory():
    told = subprocess.run([sys.executable, "-c", HELD], check=True, capture_output=True, text=True).stdout
    assert int(re.match(r"\d+", told)[0]) / 1024 < 250  # MiB; the forty slices themselves are 480

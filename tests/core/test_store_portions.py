"""A many-file table read in portions of whole parts."""

from datetime import UTC, datetime

import polars as pl
import pytest

from core.contracts import empty
from core.errors import ContractError, WorkspaceError
from core.store import Recipe, Store


def messages(chat: str, n: int) -> pl.DataFrame:
    rows = [
        {"message_id": f"{chat}{number}", "chat_id": chat, "user_id": "u", "content": "好累啊", "is_forward": False,
         "timestamp": datetime(2026, 1, 1, tzinfo=UTC), "reply_id": None, "edited_at": None}
        for number in range(n)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=empty("messages").schema)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "tables")
    for chat, n in (("a", 2), ("b", 3), ("c", 1), ("d", 4)):
        made.write(f"messages/{chat}", messages(chat, n), Recipe(inputs={}))
    return made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (1, [["a"], ["b"], ["c"], ["d"]]),
        (3, [["a", "b"], ["c", "d"]]),
        (5, [["a", "b"], ["c", "d"]]),
        (6, [["a", "b", "c"], ["d"]]),
        (10, [["a", "b", "c", "d"]]),
        (99, [["a", "b", "c", "d"]]),
    ],
)
def test_a_portion_ends_with_the_part_that_fills_it(store, rows, expected):
    portions = list(store.portions("messages", rows))
    assert [portion["chat_id"].unique(maintain_order=True).to_list() for portion in portions] == expected
    assert pl.concat(portions).equals(store.read("messages"))


def test_an_absent_table_is_said_at_once_with_its_command(tmp_path):
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*make it with: assay collect PATH"):
        Store(tmp_path / "tables").portions("messages", 5, maker="collect PATH")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (messages("b", 3).drop("content"), "'messages' lacks the columns"),
        (messages("b", 3).with_columns(pl.lit("now").alias("timestamp")), "timestamp is String"),
        (messages("a", 1), "primary_key"),  # a message that part a has
    ],
)
def test_a_part_that_breaks_the_contract_is_refused(store, part, said):
    part.write_parquet(store.path("messages/b"))
    with pytest.raises(ContractError, match=said):
        list(store.portions("messages", 99))

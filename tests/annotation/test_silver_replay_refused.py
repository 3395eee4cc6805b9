"""Tables of votes made elsewhere that cannot be replayed, each refused with one line that says what was wanted."""

from pathlib import Path

import polars as pl
import pytest

from core.codebook import shipped_codebook
from core.errors import DataError

MANY = shipped_codebook("psysuicide11")
HEAD = "segment_id,label,status,probability\n"
BAD_TABLES = [
    ("v.csv", "segment,label\ns1,2\n", "lacks segment_id: wanted the columns segment_id.*found segment, label"),
    ("v.csv", "segment_id,code\ns1,2\n", "lacks label"),
    ("v.csv", "segment_id,label\n", "has no votes, only the columns segment_id, label"),
    ("v.csv", "segment_id,label\ns1,2\n,2\n", "line 3: wanted a segment_id in every row"),
    ("v.csv", "segment_id,label\ns1,2\ns2\n", "line 3: .*2 fields"),
    ("v.csv", "segment_id,label\ns1,不\n".encode("gb18030"), "line 2 is in another encoding"),
    ("v.csv", "segment_id,voter,label\ns1,wuu,2\n", "no votes of 'wu' in its column voter; did you mean 'wuu'"),
    ("v.csv", "segment_id,voter,label\ns1,li,2\ns1,han,2\n", "known: han, li Set votes_as of voter 'wu'"),
    ("v.csv", HEAD + "s1,2,okay,\n", "line 2, column status: wanted a status out of ok, unparsed, refused, failed$"),
    ("v.csv", HEAD + "s1,,ok,\n", "line 2, column status: wanted a label where the status is ok"),
    ("v.csv", HEAD + "s2,1,,\ns1,2,refused,\n", "line 3, column label: wanted no label .* Correct one of the two$"),
    ("v.csv", HEAD + "s1,nonsense,failed,\n", "line 2, column label: wanted no label"),
    ("v.csv", HEAD + "s1,2,unparsed,\n", "line 2, column label: wanted no label"),
    ("v.csv", HEAD + "s1,2,ok,1.01\n", "line 2, column probability: wanted a probability from 0 to 1, or nothing$"),
    ("v.csv", HEAD + "s1,2,ok,-0.1\n", "wanted a probability from 0 to 1"),
    ("v.csv", HEAD + "s1,2,ok,high\n", "column probability: wanted"),
    ("v.csv", HEAD + "s1,2,ok,inf\n", "column probability: wanted"),
    (
        "v.csv",
        'segment_id,label\ns1,"2\n"\n\ns2,0\ns1,3\n',
        "line 2 and line 6 are different votes on 'risk' of .*'s1'",
    ),
    ("v.csv", HEAD + "s1,2,ok,0.5\ns1,2,ok,0.25\n", "line 2 and line 3 are different votes"),
    ("v.jsonl", '{"segment_id": "s1", "label": 2}\n\n{"segment_id": "s1"}', "line 1 and line 3 are different votes"),
    ("v.jsonl", '{"segment_id": "s1"}\n', "lacks label"),
    ("v.parquet", "PAR1", "wanted a Parquet file"),
    ("v.xlsx", "PK", r"wanted votes in a \.csv, .* or \.parquet file"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_TABLES)
def test_a_table_that_cannot_be_replayed(replayed, name: str, content: str | bytes, message: str):
    with pytest.raises(DataError, match=message) as refusal:
        replayed(content, name).hashes()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("row", ["s1,好难过,failed,", "s1,2,好难过,", "s1,2,ok,好难过"])
def test_what_stands_in_a_cell_is_not_shown_since_it_may_be_chat(replayed, row: str):
    with pytest.raises(DataError, match="line 2, column") as refusal:
        replayed(f"{HEAD}{row}\n").hashes()
    assert "好" not in str(refusal.value)


def test_several_variables_need_a_column_that_says_which(replayed):
    with pytest.raises(DataError, match="lacks variable: wanted the columns segment_id, variable, label"):
        replayed("segment_id,label\ns1,1\n", codebook=MANY).hashes()
    with pytest.raises(DataError, match="line 2: wanted a variable in every row"):
        replayed("segment_id,variable,label\ns1,,1\n", codebook=MANY).hashes()


def test_lists_are_no_labels(tmp_path: Path, replayed):
    pl.DataFrame({"segment_id": ["s1"], "label": [[1, 2]]}).write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(DataError, match="wanted text or numbers in the column label; it holds List"):
        replayed((tmp_path / "lists.parquet").read_bytes(), "v.parquet").hashes()


def test_a_name_to_look_for_needs_a_column_to_look_in(replayed):
    with pytest.raises(DataError, match="no column voter in which to look for 'li'"):
        replayed("segment_id,label\ns1,2\n", votes_as="li").hashes()

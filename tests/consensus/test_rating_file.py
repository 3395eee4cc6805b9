from pathlib import Path

import polars as pl
import pytest

from consensus.agreement import agreement
from consensus.rating_file import Ratings, read_ratings
from core.errors import DataError

LONG = "item,rater,variable,label\n001,li,risk,2\n001,wu,risk,\n002,li,risk,-1\n002,wu,mood,0\n"


def written(folder: Path, content: str | bytes, name: str = "ratings.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(ratings: Ratings) -> list[tuple[str, str, str, int | None]]:
    return ratings.frame.rows()


def test_long_csv(tmp_path: Path) -> None:
    ratings = read_ratings(written(tmp_path, LONG))
    assert ratings.frame.schema == {
        "item": pl.String,
        "rater": pl.String,
        "variable": pl.String,
        "label": pl.Int64,
    }
    assert rows(ratings) == [
        ("001", "li", "risk", 2),
        ("001", "wu", "risk", None),
        ("002", "li", "risk", None),
        ("002", "wu", "mood", 0),
    ]
    assert ratings.label_names == {}


@pytest.mark.parametrize(
    "content",
    [
        "rater,label,note,item\nli,1,fine,s1\nwu,0,,s1\n",
        "\ufeffitem,rater,label\ns1,li,1\ns1,wu,0\n",
        "item, rater ,label\r\ns1,li, 1\r\n\r\ns1 ,wu,0\r\n",
        'item,rater,label,,\n"s1","li","1",,\ns1,wu,0,,\n',
        "item,rater,label\ns1,li,1.0\ns1,wu,0.0\n",
        "item;rater;label\ns1;li;1\ns1;wu;0\n",
        "item\trater\tlabel\ns1\tli\t1\ns1\twu\t0\n",
    ],
)
def test_the_same_ratings_written_in_other_ways(tmp_path: Path, content: str) -> None:
    assert rows(read_ratings(written(tmp_path, content))) == [("s1", "li", "label", 1), ("s1", "wu", "label", 0)]


def test_ratings_in_lines_of_json(tmp_path: Path) -> None:
    content = '{"item": "s1", "rater": "li", "label": 1}\n{"item": "s1", "rater": "wu", "label": null}\n'
    assert rows(read_ratings(written(tmp_path, content, "r.jsonl"))) == [
        ("s1", "li", "label", 1),
        ("s1", "wu", "label", None),
    ]


@pytest.mark.parametrize("content", ["li,item,wu\n1,s1,\n0,s2,-1\n", "item,li,wu\ns1,1,\ns2,0,-1\n"])
def test_wide_csv_with_an_item_column(tmp_path: Path, content: str) -> None:
    assert rows(read_ratings(written(tmp_path, content), wide=True)) == [
        ("s1", "li", "label", 1),
        ("s2", "li", "label", 0),
        ("s1", "wu", "label", None),
        ("s2", "wu", "label", None),
    ]


def test_wide_csv_takes_the_first_column_as_items(tmp_path: Path) -> None:
    ratings = read_ratings(written(tmp_path, ",li,wu\n7,1,2\n"), wide=True)
    assert rows(ratings) == [("7", "li", "label", 1), ("7", "wu", "label", 2)]


@pytest.mark.parametrize("labels", [[1, None, -1], [1.0, float("nan"), -1.0], ["1", "", "-1"], ["1", None, " -1 "]])
def test_parquet_in_any_type_of_label(tmp_path: Path, labels: list[object]) -> None:
    path = tmp_path / "ratings.parquet"
    pl.DataFrame({"item": [1, 2, 3], "rater": ["li"] * 3, "label": labels}).write_parquet(path)
    assert rows(read_ratings(path)) == [
        ("1", "li", "label", 1),
        ("2", "li", "label", None),
        ("3", "li", "label", None),
    ]


def test_wide_parquet_of_mixed_types(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    pl.DataFrame({"item": ["a", "b"], "li": [1, 2], "wu": [1.0, float("nan")], "han": ["2", None]}).write_parquet(path)
    assert read_ratings(path, wide=True).frame.select("item", "rater", "label").rows() == [
        ("a", "li", 1),
        ("b", "li", 2),
        ("a", "wu", 1),
        ("b", "wu", None),
        ("a", "han", 2),
        ("b", "han", None),
    ]


def test_text_labels_are_coded_in_sorted_order(tmp_path: Path) -> None:
    content = "item,rater,variable,label\ns1,li,risk,高\ns1,wu,risk,低\ns2,li,risk,\ns2,wu,risk,-1\ns1,li,n,7\n"
    ratings = read_ratings(written(tmp_path, content))
    assert ratings.frame["label"].to_list() == [1, 0, None, None, 7]
    assert ratings.label_names == {"risk": {0: "低", 1: "高"}}
    found = agreement(ratings.frame, text_variables=ratings.label_names)
    assert "no order" in (found["risk"].alpha_ordinal.reason or "")


def test_labels_that_are_not_all_whole_numbers_are_text(tmp_path: Path) -> None:
    ratings = read_ratings(written(tmp_path, "item,rater,label\ns1,li,3\ns1,wu,3a\ns2,li,-2\n"))
    assert ratings.label_names == {"label": {0: "-2", 1: "3", 2: "3a"}}


def test_negative_codes_other_than_minus_one_are_labels(tmp_path: Path) -> None:
    ratings = read_ratings(written(tmp_path, "item,rater,label\ns1,li,-2\ns1,wu,-10\n"))
    assert ratings.frame["label"].to_list() == [-2, -10]


BAD_FILES = [
    ("ratings.csv", b"", False, "is empty"),
    ("ratings.csv", b"\n\n", False, "is empty"),
    ("ratings.csv", b"item,rater,label\n", False, "has no ratings"),
    ("ratings.csv", b"item,rater,label\n,,\n", False, "has no ratings"),
    ("ratings.csv", b"item,label\ns1,2\n", False, r"lacks rater.*found the columns \['item', 'label'\].*--wide"),
    ("ratings.csv", b"item/rater/label\ns1/li/2\n", False, r"found the columns \['item/rater/label'\]"),
    ("ratings.csv", b"item,li,wu\ns1,1,2\n", False, "lacks rater, label"),
    ("ratings.csv", b"item,rater,label\ns1,li,2\n", True, "long form.*Leave out --wide"),
    ("ratings.csv", b"item\ns1\n", True, "one column a rater"),
    ("ratings.csv", b"item,li,li\ns1,1,2\n", True, r"\['li'\] appear more than once"),
    ("ratings.csv", b"item,li, li\ns1,1,2\n", True, r"\['li'\] appear more than once"),
    ("ratings.csv", "item,rater,label\ns1,李,2\n".encode("gb18030"), False, "UTF-8; line 2 is in another"),
    ("ratings.csv", "编号,rater,label\ns1,li,2\n".encode("gb18030"), False, "UTF-8; line 1 is in another"),
    ("ratings.csv", "item,rater,label\ns1,li,2\n".encode("utf-16"), False, "UTF-8; line 1 is in another"),
    ("ratings.csv", b"item,rater,label\ns1,li,2,3\n", False, "more fields than the header"),
    ("ratings.csv", b"item,rater,label\ns1,li,2\ns2,wu\n", False, "line 3: .* 3 fields.*this one has fewer"),
    ("ratings.csv", b'item,rater,label\n"s1,li,2\n', False, "quotation mark is not closed"),
    ("ratings.csv", b"item,rater,label\ns1,li,2\n,li,2\n", False, "wanted item in every rating.*row 2"),
    ("ratings.csv", b"item,rater,label\ns1,,2\n", False, "wanted rater in every rating"),
    ("ratings.csv", b"item,li,wu\n,1,2\n", True, "wanted item in every rating"),
    ("ratings.csv", b"item,rater,label\ns1,li,2\ns1,wu,NA\n", False, "whole numbers.*'NA' stands among them"),
    ("ratings.csv", b"item,li,wu\ns1,1,nan\n", True, "'nan' stands among them"),
    ("ratings.parquet", b"item,rater,label\ns1,li,2\n", False, "wanted a Parquet file"),
    ("ratings.parquet", b"", False, "wanted a Parquet file"),
    ("ratings.parquet", b"PAR1", False, "wanted a Parquet file"),
    ("ratings.xlsx", b"PK", False, r"\.csv.* or \.parquet"),
    ("ratings", b"item,rater,label\n", False, r"\.csv.* or \.parquet"),
]


@pytest.mark.parametrize(("name", "content", "wide", "message"), BAD_FILES)
def test_bad_files_get_one_clear_message(tmp_path: Path, name: str, content: bytes, wide: bool, message: str) -> None:
    with pytest.raises(DataError, match=message) as refusal:
        read_ratings(written(tmp_path, content, name), wide=wide)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(DataError, match=r"there is none at|\.csv.* or \.parquet"):
            read_ratings(path)


def test_columns_of_lists_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    pl.DataFrame({"item": ["a"], "rater": ["li"], "label": [[1, 2]]}).write_parquet(path)
    with pytest.raises(DataError, match=r"\['label'\] hold lists"):
        read_ratings(path)


def test_a_parquet_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    pl.DataFrame({"item": ["a"] * 500, "rater": [str(i) for i in range(500)], "label": 1}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="cut short"):
        read_ratings(path)

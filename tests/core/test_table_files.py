"""Anybody's tables: what is read from each format, what is refused and with which line."""

import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import DataError
from core.table_files import read_table

CELLS = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=12))


def written(folder: Path, content: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", 'a,b\n1,"x\n""y"""\n2,\n'),
        ("t.csv", '\ufeffa, b \r\n1,"x\n""y"""\r\n\r\n2,\r\n,\r\n\r\n'),
        ("t.csv", 'a;b\n1;"x\n""y"""\n2;\n'),
        ("t.tsv", 'a\tb\t\n1\t"x\n""y"""\t\n2\t\t\n'),
        ("t.TSV", '"a"\t"b"\n"1"\t"x\n""y"""\n"2"\t\n'),
        ("t.jsonl", '{"a": 1, "b": "x\\n\\"y\\""}\n{"a": "2"}'),
        ("t.ndjson", '\ufeff\n{"b": "x\\n\\"y\\"", "a": "1"}\r\n\r\n{"a": 2, "b": null}\n{"a": null}\n'),
    ],
)
def test_the_same_table_written_in_other_ways(tmp_path: Path, name: str, content: str):
    assert read_table(written(tmp_path, content, name), "things").frame.select("a", "b").rows() == [
        ("1", 'x\n"y"'),
        ("2", None),
    ]


def test_parquet_keeps_its_types(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({" a": [1, None, 3], "b": [True, None, None]}).write_parquet(path)
    table = read_table(path, "things")
    assert table.frame.rows() == [(1, True), (3, None)]
    assert [table.place(row) for row in (0, 1)] == ["row 1", "row 3"]


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("t.csv", 'a,b\n1,"x\n\n y"\n2,z\n\n,\n"3\n",\n4,', ["line 2", "line 5", "line 8", "line 10"]),
        ("t.jsonl", '\n{"a": 1}\n\n\n{}\n{"a": 2}', ["line 2", "line 6"]),
    ],
)
def test_each_row_knows_its_line(tmp_path: Path, name: str, content: str, places: list[str]):
    table = read_table(written(tmp_path, content, name), "things")
    assert [table.place(row) for row in range(table.frame.height)] == places


def test_numbers_words_and_truth_values_may_share_a_json_key(tmp_path: Path):
    content = '{"a": true}\n{"a": 1}\n{"a": "one"}\n{"a": 0.25}\n'
    table = read_table(written(tmp_path, content, "t.jsonl"), "things")
    assert table.frame["a"].to_list() == ["true", "1", "one", "0.25"]


def test_a_key_that_comes_late_is_found_when_it_is_looked_for(tmp_path: Path):
    path = written(tmp_path, '{"a": 1}\n' * 150 + '{"a": 2, "b": 3}\n', "t.jsonl")
    assert read_table(path, "things").frame.columns == ["a"]
    assert read_table(path, "things", ["b", "c"]).frame.row(150) == ("2", "3")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "", "is empty"),
        ("t.jsonl", "\n \n", "is empty"),
        ("t.csv", "\na,b\n1,2\n", "line 1, which is empty"),
        ("t.csv", "a,b\n1,2\n3\n", "line 3: wanted a CSV whose records have 2 fields.* has fewer"),
        ("t.csv", 'a,b\n"1\n\n",2\n3,4,5\n', "line 5: .*more fields"),
        ("t.tsv", 'a\tb\n"1"\t2\n\t"3"\t\n', "line 3: .*more fields"),
        ("t.csv", 'a,b\n1,"2\n3,4\n', "line 2: a quotation mark is not closed"),
        ("t.csv", 'a,b\n1,5" x\n', "line 2: a quotation mark"),
        ("t.csv", 'a,b\n1,"2"x\n', "line 2: a quotation mark"),
        ("t.csv", "a,a\n1,2\n", r"\['a'\] appear more than once"),
        ("t.csv", "a,b\n1,你好\n".encode("gb18030"), "line 2 is in another encoding"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "line 1 is in another encoding"),
        ("t.jsonl", '{"a": 1}\n\n{"a": ', "line 3: wanted JSON Lines"),
        ("t.jsonl", '{"a": 1}\n' * 200 + '{"a": "b\n', "line 201: wanted JSON Lines"),
        ("t.jsonl", '[{"a": 1}]\n', "line 1: wanted JSON Lines"),
        ("t.jsonl", "{}\n", "has no columns"),
        ("t.parquet", "a,b\n", "wanted a Parquet file"),
        ("t.xlsx", "PK", r"wanted things in a \.csv, .* or \.parquet file"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, name: str, content: str | bytes, message: str):
    with pytest.raises(DataError, match=message) as refusal:
        read_table(written(tmp_path, content, name), "things")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    for name in ("absent.csv", "folder.csv"):
        with pytest.raises(DataError, match="wanted a file of things; there is none at"):
            read_table(tmp_path / name, "things")


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1), st.sampled_from([",", ";", "\t"]))
@example([('"', ',"\r\n";\t')], ",")
def test_any_text_comes_back_from_csv(tmp_path_factory: pytest.TempPathFactory, cells: list, separator: str):
    frame = pl.DataFrame(cells, schema={"b": pl.String, "c": pl.String}, orient="row").with_row_index("a")
    path = written(tmp_path_factory.getbasetemp(), frame.write_csv(separator=separator), "any.csv")
    assert read_table(path, "things").frame.rows() == frame.cast({"a": pl.String}).rows()


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_any_text_comes_back_from_json_lines(tmp_path_factory: pytest.TempPathFactory, cells: list):
    frame = pl.DataFrame(cells, schema={"b": pl.String, "c": pl.String}, orient="row").with_row_index("a")
    stream = io.BytesIO()
    frame.write_ndjson(stream)
    path = written(tmp_path_factory.getbasetemp(), stream.getvalue(), "any.jsonl")
    assert read_table(path, "things").frame.select("a", "b", "c").rows() == frame.cast({"a": pl.String}).rows()

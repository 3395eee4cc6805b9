import pytest

from core.errors import DataError
from lexicon.entries import Entry, read_entries

HEADER = "term,kind,category,note\n"


def write(tmp_path, text, name="terms.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_terms_are_normalised_like_messages(tmp_path):
    path = write(tmp_path, HEADER + "我想離開,implicit,euphemism,\nＥＭＯ,implicit,slang,abbr\n")
    assert read_entries(path) == [
        Entry("我想离开", "implicit", "euphemism"),
        Entry("emo", "implicit", "slang", "abbr"),
    ]


def test_toml_and_csv_give_the_same_entries(tmp_path):
    csv_file = write(tmp_path, "term,kind,category\n好累,implicit,distress\n")
    toml = write(tmp_path, '[[entry]]\nterm="好累"\nkind="implicit"\ncategory="distress"\n', "terms.toml")
    assert read_entries(csv_file) == read_entries(toml)


def test_entry_id_is_the_hash_of_the_term():
    assert Entry("好累", "implicit", "distress").entry_id == "0f4155793206"


def test_a_term_given_twice_in_the_same_words_is_one_entry(tmp_path):
    path = write(tmp_path, HEADER + "好累,implicit,distress,\n好累 ,implicit,distress,\n")
    assert len(read_entries(path)) == 1


def test_a_term_in_traditional_and_simplified_is_one_entry(tmp_path):
    path = write(tmp_path, HEADER + "離開,implicit,euphemism,\n离开,implicit,euphemism,\n")
    assert [entry.term for entry in read_entries(path)] == ["离开"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "term,kind\nx,explicit\n", r"lacks the columns \['category'\]"),
        ("a.csv", HEADER, "holds no entries"),
        ("a.csv", "", "lacks the columns"),
        ("a.csv", HEADER + "x,explict,direct,\n", "line 2: kind must be explicit or implicit; it is 'explict'"),
        ("a.csv", HEADER + " ,explicit,direct,\n", "line 2: the term is empty"),
        ("a.csv", HEADER + "x,explicit,,\n", "line 2: category must be"),
        (
            "a.csv",
            HEADER + "x,explicit,a,\nX,implicit,a,\n",
            "line 3 is at line 2 too, as explicit/a; here it is implicit",
        ),
        ("a.csv", HEADER.encode() + "累".encode("gbk"), "not UTF-8"),
        ("a.toml", "entry = 3", "wanted \\[\\[entry\\]\\] tables"),
        ("a.toml", "[[entry", "not valid TOML"),
        ("a.txt", "x", "wanted a lexicon as .csv or .toml"),
    ],
)
def test_bad_files_are_refused_with_the_place(tmp_path, name, text, said):
    with pytest.raises(DataError, match=said):
        read_entries(write(tmp_path, text, name))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        read_entries(tmp_path / "none.csv")


def test_categories_come_from_settings(tmp_path):
    path = write(tmp_path, HEADER + "x,explicit,direct,\n")
    with pytest.raises(DataError, match=r"one of \['nihilism'\]"):
        read_entries(path, ["nihilism"])

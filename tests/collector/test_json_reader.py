"""Taking a JSON file apart: what comes out is what `json.loads` makes of it, wherever a block ends."""

import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.sources import json_reader
from collector.sources.json_reader import MAX_DEPTH, JsonReader, first_keys
from collector.sources.telegram_escapes import RepairedStream
from core.errors import DataError

TEXT = st.text(alphabet=st.sampled_from('ab"\\\n好😀\u2028[]{}:,0'), max_size=8)
LEAVES = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


def reader(content: bytes, folder: Path = Path("/nowhere")) -> JsonReader:
    return JsonReader(folder / "result.json", RepairedStream(io.BytesIO(content)))


def whole(content: bytes, folder: Path = Path("/nowhere")) -> Any:
    """The one value of a file."""
    reading = reader(content, folder)
    value = reading.value()
    reading.finish()
    return value


def walked(content: bytes) -> dict[str, list[Any]]:
    """An object of arrays, member by member and element by element; what is no array is skipped."""
    found: dict[str, list[Any]] = {}
    reading = reader(content)
    if reading.enters("{"):
        for key in reading.members():
            if reading.enters("["):
                found[key] = list(reading.values())
            else:
                reading.skip()
    reading.finish()
    return found


@settings(max_examples=60)
@given(VALUES, st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_a_value_is_what_the_standard_library_makes_of_it(value, block, indent, ascii_only):
    content = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    with patch.object(json_reader, "_BLOCK", block):
        assert whole(content) == value


@settings(max_examples=60)
@given(st.dictionaries(TEXT, VALUES, max_size=4), st.integers(1, 9), st.sampled_from([None, 1]))
def test_arrays_come_element_by_element_and_the_rest_is_skipped(value, block, indent):
    with patch.object(json_reader, "_BLOCK", block):
        found = walked(json.dumps(value, indent=indent).encode())
    assert found == {key: held for key, held in value.items() if isinstance(held, list)}


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=3), st.data())
def test_a_file_cut_off_anywhere_is_told_as_such(value, data):
    content = json.dumps(value, ensure_ascii=False).encode()
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(DataError, match=r"^result\.json ends in the middle \(after message 0\): the file was cut off"):
        whole(content[:cut])


MORE = ", 1, 2, 3, 4, 5, 6]"
NOT_JSON = [
    "[1,]", "[1 2]", '{"a" 1}', '{"a": 1,}', "{a: 1}", f"[NaN{MORE}", f"[-Infinity{MORE}", f"[tru{MORE}", "[01, 2]",
    rf'["\q"{MORE}', rf'["\u12g4"{MORE}', f'["a\nb"{MORE}', "[1] 2", "[1]]", "[1]\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_JSON)
@pytest.mark.parametrize("block", [3, 1 << 18])
def test_what_is_not_json_is_told_as_such(text, block, monkeypatch):
    monkeypatch.setattr(json_reader, "_BLOCK", block)
    with pytest.raises(DataError, match=r"not valid JSON \(after message 0, before byte \d+\)"):
        whole(text.encode())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1e400, -1e400, 5]", [None, None, 5]),
        (f"[{'9' * 5000}, -{'9' * 5000}, 5]", [None, None, 5]),
        ("9" * 4000, 10**4000 - 1),
        (r'["\ud800", "\udc00x", "\ud83d\ude00"]', ["\ud800", "\udc00x", "😀"]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        (" \n\t[1 ,\r\n2 ]\n", [1, 2]),
    ],
    ids=["infinite", "too long", "long", "surrogates", "twice", "blanks"],
)
def test_what_an_export_may_hold_is_read(text, value):
    assert whole(text.encode()) == value


@pytest.mark.parametrize("block", [7, 1 << 18])
def test_what_is_nested_too_deep_is_none_and_the_rest_is_read(block, monkeypatch):
    monkeypatch.setattr(json_reader, "_BLOCK", block)
    deep = '{"x": [' * 3000 + '"]}\\"[{"' + "]}" * 3000
    found = whole(f'[1, {{"deep": {deep}, "after": "]"}}, "好"]'.encode())
    assert (found[0], found[1]["after"], found[2]) == (1, "]", "好")
    inner, depth = found[1]["deep"], 2
    while inner is not None:
        inner, depth = inner["x"] if isinstance(inner, dict) else inner[0], depth + 1
    assert depth == MAX_DEPTH


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[" * 5000, "ends in the middle"),
        ("[" * 5000 + '"', "ends in the middle"),
        ("[1, x, " + "[" * 5000 + "]" * 5001, "not valid JSON"),
    ],
)
def test_a_broken_file_that_is_nested_deep(content, said):
    with pytest.raises(DataError, match=said):
        whole(content.encode())


def test_a_text_of_many_blocks_is_read_in_time(monkeypatch):
    monkeypatch.setattr(json_reader, "_BLOCK", 16)
    assert whole(b'["' + b"a" * 3_000_000 + b'"]') == ["a" * 3_000_000]


@pytest.mark.parametrize("content", [b'["\xff"]', b'["a", \xe4\xbd"]', b"\xff\xfe[", b'["\xed\xa0\x80"]'])
def test_another_encoding_is_told_with_its_place(tmp_path, content):
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(DataError, match=r"is not UTF-8 text \(byte \d, after message 0\).*iconv"):
        whole(content, tmp_path)


def test_half_a_character_at_the_end_is_a_file_cut_off():
    with pytest.raises(DataError, match="ends in the middle"):
        whole('["好'.encode()[:-1])
    with pytest.raises(DataError, match="not valid JSON"):
        whole(b"[1]\xe4")


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        (b'\xef\xbb\xbf {"guild": {"id": 1}, "channel": {"na', {"guild", "channel"}),
        (b'{"a": [1, 2], "b', {"a"}),
        ('{"a": "好'.encode()[:-1], {"a"}),
        (b"[1]", set()),
        (b"", set()),
        (b"\x00\xff", set()),
    ],
)
def test_the_first_keys_of_a_file(head, keys):
    assert first_keys(head) == keys

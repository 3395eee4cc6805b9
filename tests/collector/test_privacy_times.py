"""`privacy.time_shift` and `privacy.coarsen`: what moves, what stays, and that segments do not notice a shift."""

import hashlib
import hmac
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.collecting import collect
from collector.pseudonyms import Pseudonyms
from collector.times import disguised, shift_from
from core.contracts import empty
from core.errors import SettingsError, WorkspaceError
from core.setting_tables.collecting import PrivacySettings
from core.settings import parse_settings
from core.store import Recipe
from core.workspace import Workspace, create_workspace, with_options
from segmenter.segmenting import segment

KEY = bytes(range(32))
START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def under(root: Path, **privacy: object) -> Workspace:
    """A workspace under `KEY`, new or not, with these privacy settings."""
    if not root.exists():
        create_workspace(root)
        (root / "secrets" / "pseudonym.key").write_text(KEY.hex())
        (root / "secrets" / "pseudonym.key").chmod(0o600)
    return with_options(Workspace(root), "privacy", privacy)


@pytest.mark.parametrize(
    ("number", "weeks"), [(0, -260), (259, -1), (260, 1), (519, 260), (520, -260), (2**128 - 1, -5)]
)
def test_a_shift_is_one_of_520_numbers_of_weeks_and_never_none(number, weeks):
    # 2**128 mod 520 = 256, so 2**128 - 1 leaves 255, and 255 - 260 = -5.
    assert shift_from(number.to_bytes(16)) == weeks * WEEK


def test_the_shift_of_a_chat_is_made_from_the_key():
    digest = hmac.new(KEY, b"time shift\x1ftelegram\x1f77", hashlib.sha256).digest()[:16]
    assert Pseudonyms(KEY, "telegram").time_shift("77") == shift_from(digest)
    others = {Pseudonyms(KEY, "telegram").time_shift(str(chat)) for chat in range(40)}
    assert len(others) > 30


def test_times_of_a_chat_move_together_by_whole_weeks(tmp_path, export, message):
    file = export("a.json", message(1), message(2, edited_unixtime="1700000999"))
    shift = Pseudonyms(KEY, "telegram").time_shift("77")
    shifted = under(tmp_path / "w", time_shift=True)
    collect(shifted, [file])
    rows = shifted.store.read("messages")
    assert rows.get_column("timestamp").to_list() == [START + timedelta(minutes=n) + shift for n in (1, 2)]
    assert rows.get_column("edited_at").to_list() == [None, datetime.fromtimestamp(1700000999, UTC) + shift]
    assert shift % WEEK == timedelta()


def test_two_chats_move_differently_and_a_later_export_like_an_earlier_one(tmp_path, export, message):
    shifted = under(tmp_path / "w", time_shift=True)
    collect(shifted, [export("a.json", message(1)), export("b.json", message(1), chat=78)])
    collect(shifted, [export("c.json", message(2))])
    by_chat = shifted.store.read("messages").group_by("chat_id").agg("timestamp").get_column("timestamp").to_list()
    one, two = sorted(by_chat, key=len)
    assert two[1] - two[0] == timedelta(minutes=1)
    assert one[0] != two[0]


@pytest.mark.parametrize(
    ("coarsen", "expected"),
    [("none", ["22:13:20", "22:14:20"]), ("minute", ["22:13:00", "22:14:00"]), ("hour", ["22:00:00", "22:00:00"])],
)
def test_coarse_times_are_rounded_down(tmp_path, export, message, coarsen, expected):
    workspace = under(tmp_path / "w", coarsen=coarsen)
    collect(workspace, [export("a.json", message(0, edited_unixtime="1700000059"), message(1))])
    rows = workspace.store.read("messages")
    assert rows.get_column("timestamp").dt.to_string("%H:%M:%S").to_list() == expected
    assert rows.get_column("edited_at").to_list()[0] >= rows.get_column("timestamp").to_list()[0]


def test_rounding_keeps_the_order_of_the_exact_times(tmp_path, export, message):
    """The file has 2 before 1; by the clock it is 1, 2, 3, all within one hour."""
    file = export("a.json", message(2, "第二条"), message(1, "第一条"), message(3, "第三条"))
    orders = []
    for coarsen in ("none", "minute", "hour"):
        workspace = under(tmp_path / coarsen, coarsen=coarsen)
        collect(workspace, [file])
        orders.append(workspace.store.read("messages").get_column("content").to_list())
    assert orders == [["第一条", "第二条", "第三条"]] * 3


def test_shifting_and_rounding_together_give_the_rounded_shifted_times():
    rows = pl.DataFrame(
        {"chat_id": ["c"], "timestamp": [START], "edited_at": [None]},
        schema_overrides={"timestamp": pl.Datetime("ms", "UTC"), "edited_at": pl.Datetime("ms", "UTC")},
    )
    made = disguised(rows, {"c": -3 * WEEK}, PrivacySettings(time_shift=True, coarsen="hour"))
    assert made.row(0) == ("c", datetime(2023, 10, 24, 22, tzinfo=UTC), None)
    assert made.schema == rows.schema
    assert disguised(rows.clear(), {}, PrivacySettings(time_shift=True)).is_empty()


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({}, {"time_shift": True}, "messages are exact, and .* now wants them shifted"),
        ({"time_shift": True}, {}, "messages are shifted, and .* now wants them exact"),
        (
            {"coarsen": "hour"},
            {"coarsen": "minute"},
            "are rounded to the hour, and .* wants them rounded to the minute",
        ),
        ({"time_shift": True}, {"time_shift": True, "coarsen": "hour"}, "wants them shifted and rounded to the hour"),
    ],
)
def test_other_settings_than_those_of_the_table_are_refused(tmp_path, export, message, then, now, said):
    collect(under(tmp_path / "w", **then), [export("a.json", message(1))])
    with pytest.raises(WorkspaceError, match=said):
        collect(under(tmp_path / "w", **now), [export("b.json", message(2))])
    assert collect(under(tmp_path / "w", **then), [export("b.json", message(2))]).kept == 1


def test_an_unknown_way_to_round_is_refused():
    with pytest.raises(SettingsError, match=r"privacy\.coarsen: Input should be 'none', 'minute' or 'hour'"):
        parse_settings('[privacy]\ncoarsen = "day"')


talk = st.lists(st.tuples(st.integers(77, 78), st.integers(0, 400), st.integers(0, 8)), min_size=1, max_size=25)


def write_talk(file: Path, said: list[tuple[int, int, int]]) -> None:
    """An account export: (chat, seconds since the message before, how many messages back it replies; 0: none)."""
    chats: dict[int, list[dict[str, object]]] = {77: [], 78: []}
    now = 1_700_000_000
    for number, (chat, gap, back) in enumerate(said):
        now += gap
        made = {"id": number, "type": "message", "date_unixtime": str(now), "from_id": f"user{number % 3}"}
        replied = {"reply_to_message_id": number - back} if 0 < back <= number else {}
        chats[chat].append(made | replied | {"text": f"今天的第{number}句话"})
    listed = [{"type": "public_supergroup", "id": chat, "messages": messages} for chat, messages in chats.items()]
    file.write_text(json.dumps({"chats": {"list": listed}}), encoding="utf-8")


def segments_of(workspace: Workspace) -> pl.DataFrame:
    """The segments when every fifth message holds a signal word."""
    messages = workspace.store.read("messages").sort("content").gather_every(5)
    found = messages.select("message_id", entry_id=pl.lit("e"), term=pl.lit("今天"), kind=pl.lit("implicit"),
                            category=pl.lit("c"), start=pl.lit(0), end=pl.lit(2))  # fmt: skip
    workspace.store.write("matches", found.select(empty("matches").columns), Recipe(inputs={}))
    segment(workspace)
    return workspace.store.read("segments")


@settings(max_examples=12, deadline=None)
@given(talk)
def test_segments_come_out_the_same_under_a_shift(said):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        write_talk(file, said)
        plain, shifted = under(Path(folder) / "plain"), under(Path(folder) / "shifted", time_shift=True)
        for workspace in (plain, shifted):
            collect(workspace, [file])
        one, two = segments_of(plain), segments_of(shifted)
        assert one.drop("start", "end").equals(two.drop("start", "end"))
        lengths = [(frame["end"] - frame["start"]).to_list() for frame in (one, two)]
        assert lengths[0] == lengths[1]
        assert not set(one["start"]) & set(two["start"])

"""The desk: a workspace's segments as they are now."""

import pytest

from app.desk import desk_at
from core.errors import DataError, WorkspaceError


def test_a_segment_is_shown_with_aliases_and_signal_words(make_bench):
    bench = make_bench()
    display = desk_at(bench.workspace.root).corpus.display(bench.segments[1])
    assert [line.content for line in display.lines][:2] == ["这把又是对面五杀", "我想死的心都有了哈哈哈哈"]
    assert display.lines[1].signals == ((1, 3),)
    assert display.suspicious == 2
    assert {line.alias[:5] for line in display.lines} == {"user_"}


def test_tables_are_read_once_and_again_when_a_stage_wrote_them(make_bench):
    bench = make_bench()
    desk = desk_at(bench.workspace.root)
    before = desk.corpus
    assert desk.corpus is before
    bench.workspace.store.path("segments").touch()
    assert desk.corpus is not before


def test_a_segment_that_is_gone_is_named(make_bench):
    corpus = desk_at(make_bench().workspace.root).corpus
    with pytest.raises(DataError, match="segment 0000000000000000 of this batch is not in the table"):
        corpus.display("0000000000000000")


def test_a_folder_that_is_no_workspace_is_refused(tmp_path):
    with pytest.raises(WorkspaceError, match="is not a workspace"):
        desk_at(tmp_path)

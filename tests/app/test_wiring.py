"""A batch closes with its agreement once nobody has anything left to do."""

import pytest

from app import wiring
from app.wiring import batch_named, close, close_if_complete
from core.errors import WorkspaceError


def test_closing_keeps_the_agreement_as_the_command_line_prints_it(make_bench):
    bench = make_bench()
    for name, codes in {"anna": (2, 0, 1), "bo": (2, 0, 1), "陈晨": (2, 0, 2)}.items():
        bench.label(name, *codes)
    assert close_if_complete(bench.workspace, bench.engine, "batch-1", "陈晨")
    batch = batch_named(bench.engine, "batch-1")
    # Of the nine pairs two disagree. P = (1 + 1 + 1/3)/3, p = (3, 2, 4)/9: (7/9 − 29/81)/(1 − 29/81) = 34/52.
    assert batch.agreement["variables"]["risk"]["fleiss_kappa"]["value"] == pytest.approx(34 / 52)
    assert batch.agreement["variables"]["risk"]["n_raters"] == 3


def test_a_batch_with_open_work_stays_open(make_bench):
    bench = make_bench()
    bench.label("anna", 2, 0, 1)
    assert not close_if_complete(bench.workspace, bench.engine, "batch-1", "anna")
    assert batch_named(bench.engine, "batch-1").agreement is None


def test_settings_may_leave_closing_to_people(make_bench):
    bench = make_bench(annotators=("anna",), settings={"close_when_complete": "false"})
    bench.label("anna", 2, 0, 1)
    assert not close_if_complete(bench.workspace, bench.engine, "batch-1", "anna")
    close(bench.workspace, bench.engine, "batch-1", "chief")
    assert batch_named(bench.engine, "batch-1").state == "closed"


def test_a_batch_that_another_page_closed_is_closed(make_bench, monkeypatch):
    bench = make_bench(annotators=("anna",))
    bench.label("anna", 2, 0, 1)

    def close_first(*arguments):
        close(*arguments)
        return close(*arguments)

    monkeypatch.setattr(wiring, "close", close_first)
    assert close_if_complete(bench.workspace, bench.engine, "batch-1", "anna")
    assert close_if_complete(bench.workspace, bench.engine, "batch-1", "anna")


def test_an_unknown_batch_is_named(make_bench):
    with pytest.raises(WorkspaceError, match="no batch 'batch-9'"):
        batch_named(make_bench().engine, "batch-9")

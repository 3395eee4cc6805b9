from collections.abc import Callable
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from consensus.gating import recipe, run_gate
from core.errors import SettingsError, WorkspaceError
from core.workspace import Workspace, create_workspace, open_workspace

ONE, TWO, THREE, FOUR = (f"{number:016x}" for number in range(1, 5))
PANEL = ("v1", "v2", "v3")


def with_panel(workspace: Workspace, *voters: str, gate: str = "", weights: dict[str, str] | None = None) -> Workspace:
    """The workspace again, with a panel (and a gate) in its assay.toml."""
    settings = [gate]
    for voter in voters:
        weight = (weights or {}).get(voter, "1")
        settings.append(f'[[vote.voters]]\nname = "{voter}"\nbackend = "embedded"\nweight = "{weight}"\n')
    (workspace.root / "assay.toml").write_text("\n".join(settings), encoding="utf-8")
    return open_workspace(workspace.root)


@pytest.fixture
def voted(workspace: Workspace, segments, votes) -> Workspace:
    """Four segments: agreed by all, by two of three, by nobody, and never voted on."""
    segments(workspace, [ONE, TWO, THREE, FOUR])
    votes(workspace, "v1", [(ONE, 2), (TWO, 1), (THREE, -1)])
    votes(workspace, "v2", [(ONE, 2), (TWO, 1), (THREE, -1)])
    votes(workspace, "v3", [(ONE, 2), (TWO, 5), (THREE, -1)])
    return with_panel(workspace, *PANEL)


def reasons(workspace: Workspace) -> list[tuple[str, int | None, int, str]]:
    return workspace.store.read("verdicts").select("segment_id", "label", "n_valid", "reason").rows()


def test_every_segment_gets_a_verdict(voted: Workspace) -> None:
    run_gate(voted)
    assert voted.store.read("verdicts").rows() == [
        (ONE, "risk", 2, 1.0, True, 3, 3, None, "accepted"),
        (TWO, "risk", 1, 2 / 3, True, 3, 3, 5, "accepted"),
        (THREE, "risk", None, None, False, 0, 3, None, "no_valid_votes"),
        (FOUR, "risk", None, None, False, 0, 3, None, "no_valid_votes"),
    ]


def test_the_report(voted: Workspace) -> None:
    report = run_gate(voted).as_json()
    kappa = report["variables"]["risk"].pop("fleiss_kappa")
    assert report == {
        "changed": True,
        "threshold": "2/3",
        "thresholds": {},
        "quorum": None,
        "n_segments": 4,
        "n_panel": 3,
        "voters_without_votes": (),
        "left_out": [],
        "n_failed": {},
        "n_full_panel": None,
        "variables": {
            "risk": {
                "n_items": 4,
                "n_accepted": 2,
                "n_no_consensus": 0,
                "n_no_valid_votes": 2,
                "n_below_quorum": 0,
                "acceptance_rate": 0.5,
            }
        },
    }
    # P of ONE is 1, of TWO 1/3; shares are 3/6, 2/6, 1/6: (2/3 − 14/36) / (1 − 14/36) = 10/22.
    assert kappa["value"] == pytest.approx(10 / 22)
    assert set(kappa) == {"value", "low", "high", "method", "reason"}


@pytest.mark.parametrize(
    ("gate", "threshold", "weights", "outcome"),
    [
        ("", None, {}, (1, 3, "accepted")),
        ("", Fraction(3, 4), {}, (None, 3, "no_consensus")),
        ('[gate]\nthreshold = "0.67"', None, {}, (None, 3, "no_consensus")),
        ('[gate]\nthreshold = "0.67"', Fraction(2, 3), {}, (1, 3, "accepted")),
        ("[gate]\nquorum = 3", None, {}, (1, 3, "accepted")),
        ("", None, {"v3": "2"}, (None, 3, "no_consensus")),
        ("", None, {"v3": "4"}, (5, 3, "accepted")),
        ("", None, {"v1": "1/3", "v2": "1/3", "v3": "1/3"}, (1, 3, "accepted")),
    ],
)
def test_threshold_quorum_and_weights(
    voted: Workspace, gate: str, threshold: Fraction | None, weights: dict[str, str], outcome: tuple[Any, ...]
) -> None:
    workspace = with_panel(voted, *PANEL, gate=gate, weights=weights)
    run_gate(workspace, threshold)
    assert reasons(workspace)[1] == (TWO, *outcome)


def test_a_variable_may_have_its_own_threshold(voted: Workspace) -> None:
    workspace = with_panel(voted, *PANEL, gate='[gate]\nthresholds = { risk = "3/4" }')
    assert run_gate(workspace).thresholds == {"risk": Fraction(3, 4)}
    assert reasons(workspace)[1] == (TWO, None, 3, "no_consensus")
    run_gate(workspace, Fraction(2, 3))
    assert reasons(workspace)[1] == (TWO, 1, 3, "accepted")


def test_a_threshold_for_no_variable_is_refused(voted: Workspace) -> None:
    with pytest.raises(SettingsError, match="no rating variable 'risks'; did you mean 'risk'"):
        run_gate(with_panel(voted, *PANEL, gate='[gate]\nthresholds = { risks = "3/4" }'))


def test_below_quorum(workspace: Workspace, segments, votes) -> None:
    segments(workspace, [ONE])
    votes(workspace, "v1", [(ONE, 2)])
    workspace = with_panel(workspace, "v1", "v2", "v3", gate="[gate]\nquorum = 2")
    report = run_gate(workspace)
    assert reasons(workspace) == [(ONE, None, 1, "below_quorum")]
    assert report.voters_without_votes == ("v2", "v3")
    assert report.variables["risk"].n_below_quorum == 1
    assert report.variables["risk"].fleiss_kappa.value is None


def test_nothing_changes_until_something_does(voted: Workspace, votes) -> None:
    assert run_gate(voted).changed
    assert not run_gate(voted).changed
    assert voted.store.stale("verdicts", recipe(voted)) == []
    assert run_gate(voted, Fraction(3, 4)).changed
    assert voted.store.stale("verdicts", recipe(voted)) == ["setting threshold changed"]
    assert run_gate(voted).changed
    votes(voted, "v3", [(TWO, 1)])
    assert voted.store.stale("verdicts", recipe(voted)) == ["votes changed"]


def test_votes_that_failed_are_counted(workspace: Workspace, segments, votes) -> None:
    segments(workspace, [ONE, TWO])
    votes(workspace, "v1", [(ONE, 2), (TWO, -1)], abstained="failed")
    votes(workspace, "v2", [(ONE, -1), (TWO, -1)], abstained="failed")
    votes(workspace, "v3", [(ONE, -1), (TWO, 2)], abstained="refused")
    votes(workspace, "old", [(ONE, -1)], abstained="failed")
    assert run_gate(with_panel(workspace, *PANEL)).n_failed == {"v1": 1, "v2": 2}


def test_votes_that_were_never_finished_make_no_verdicts(voted: Workspace) -> None:
    (voted.store.folder / "votes" / "v2.manifest.json").unlink()
    with pytest.raises(WorkspaceError, match=r"^the votes of v2 were never finished.*Run: assay vote$"):
        run_gate(voted)
    assert not voted.store.exists("verdicts")


def test_votes_that_do_not_count_are_counted(workspace: Workspace, segments, votes) -> None:
    segments(workspace, [ONE])
    votes(workspace, "v1", [(ONE, 2), (TWO, 2), (ONE, 9, "mood")])
    votes(workspace, "v2", [(ONE, 9)])
    votes(workspace, "old", [(ONE, 5)])
    workspace = with_panel(workspace, "v1", "v2")
    report = run_gate(workspace)
    assert report.left_out == {
        "label not in the codebook": 1,
        "segment not in the table": 1,
        "variable not in the codebook": 1,
        "voter not in the panel": 1,
    }
    assert reasons(workspace) == [(ONE, 2, 1, "accepted")]
    assert report.voters_without_votes == ("v2",)


def test_a_row_for_every_variable_of_a_multi_label_codebook(tmp_path, segments, votes) -> None:
    workspace = create_workspace(tmp_path / "eleven", "psysuicide11")
    first, *others = [variable.name for variable in workspace.codebook.rating_variables]
    segments(workspace, [ONE, TWO])
    votes(workspace, "v1", [(ONE, 1, first)])
    workspace = with_panel(workspace, "v1")
    report = run_gate(workspace)
    verdicts = workspace.store.read("verdicts")
    assert verdicts.height == 22
    assert verdicts.filter("accepted").select("segment_id", "variable", "label").rows() == [(ONE, first, 1)]
    assert [report.variables[name].n_no_valid_votes for name in (first, *others)] == [1] + [2] * 10


def no_panel(workspace: Workspace, segments: Callable[..., None], votes: Callable[..., None]) -> Workspace:
    segments(workspace, [ONE])
    votes(workspace, "v1", [(ONE, 1)])
    return with_panel(workspace)


def no_votes(workspace: Workspace, segments: Callable[..., None], votes: Callable[..., None]) -> Workspace:
    segments(workspace, [ONE])
    return with_panel(workspace, "v1")


def no_segments(workspace: Workspace, segments: Callable[..., None], votes: Callable[..., None]) -> Workspace:
    votes(workspace, "v1", [(ONE, 1)])
    return with_panel(workspace, "v1")


def large_quorum(workspace: Workspace, segments: Callable[..., None], votes: Callable[..., None]) -> Workspace:
    no_panel(workspace, segments, votes)
    return with_panel(workspace, "v1", gate="[gate]\nquorum = 2")


@pytest.mark.parametrize(
    ("prepare", "error", "message"),
    [
        (no_panel, SettingsError, r"assay.toml has no \[\[vote.voters\]\]"),
        (no_votes, WorkspaceError, "make it with: assay vote"),
        (no_segments, WorkspaceError, "make it with: assay segment"),
        (large_quorum, SettingsError, "wanted a quorum from 1 to the panel's 1 voters"),
    ],
)
def test_what_is_missing(
    workspace: Workspace, segments, votes, prepare: Callable[..., Workspace], error: type[Exception], message: str
) -> None:
    prepared = prepare(workspace, segments, votes)
    with pytest.raises(error, match=message):
        run_gate(prepared)
    assert not prepared.store.exists("verdicts")


def test_no_segments_at_all(workspace: Workspace, segments, votes) -> None:
    segments(workspace, [ONE])
    workspace.store.write("segments", workspace.store.read("segments").clear(), recipe(workspace))
    votes(workspace, "v1", [(ONE, 1)])
    report = run_gate(with_panel(workspace, "v1"))
    assert (report.n_segments, report.variables["risk"].acceptance_rate) == (0, None)
    assert workspace.store.read("verdicts").equals(pl.DataFrame(schema=workspace.store.read("verdicts").schema))

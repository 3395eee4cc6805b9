"""What a release says of tables that are out of date."""

import pytest

from release.staleness import StaleTable, blocking, not_made_again, notice, refusal

VOTES = StaleTable("votes", ("codebook changed", "2 votes failed"), "assay vote")
VERDICTS = StaleTable("verdicts", ("codebook changed",), "assay gate")
LEARNED = StaleTable("votes", ("gold changed",), "assay vote", blocks=False)


def test_the_refusal_names_table_reason_and_command():
    assert refusal([VOTES, VERDICTS]) == (
        "wanted tables that are up to date; out of date: votes (codebook changed, 2 votes failed), made again by: "
        "assay vote; verdicts (codebook changed), made again by: assay gate. Run these in this order; assay status "
        "names what follows. To release them as they are, add --stale: the release then says so"
    )


@pytest.mark.parametrize(
    ("table", "why", "warned"),
    [
        ("verdicts", "setting threshold changed", True),
        ("segments", "setting max_gap changed", True),
        ("verdicts", "votes changed", False),
        ("votes", "setting model changed", False),
    ],
)
def test_the_refusal_warns_where_the_command_would_undo_an_option(table, why, warned):
    told = refusal([StaleTable(table, (why,), "assay x")])
    assert ("given as an option counts as changed until assay.toml says the same" in told) is warned


def test_the_notice_lists_the_tables():
    assert notice([VOTES, VERDICTS]).splitlines()[-3:] == [
        ">",
        "> - `votes`: codebook changed, 2 votes failed",
        "> - `verdicts`: codebook changed",
    ]
    assert notice([]) == ""


def test_what_is_a_choice_blocks_nothing_and_is_told():
    assert blocking([LEARNED, VERDICTS]) == [VERDICTS]
    assert not_made_again([LEARNED, VERDICTS]) == (
        "Not made again since something that they may learn from changed: `votes` (gold changed)."
    )
    assert not_made_again([VERDICTS]) == ""

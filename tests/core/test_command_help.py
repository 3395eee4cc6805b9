"""What people see of a command: its help, and tables."""

from core.command import guarded, table


@guarded
def command() -> None:
    """Do it.

    What is told over two lines
    of the source flows.

    Example: `assay do`
    """


def test_help_keeps_its_paragraphs_and_no_line_breaks_of_the_source():
    assert command.__doc__ == "Do it.\n\nWhat is told over two lines of the source flows.\n\nExample: `assay do`"


def test_the_name_of_a_row_stays_in_one_piece(capsys):
    name = "IntimatePartnerProblemOfManyWords"
    table(("variable", *(f"a title of several words {n}" for n in range(7))), [(name, *range(7))])
    assert name in capsys.readouterr().out

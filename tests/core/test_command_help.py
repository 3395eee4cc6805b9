"""What `guarded` makes of a command's docstring, which is its help."""

from core.command import guarded


@guarded
def command() -> None:
    """Do it.

    What is told over two lines
    of the source flows.

    Example: `assay do`
    """


def test_help_keeps_its_paragraphs_and_no_line_breaks_of_the_source():
    assert command.__doc__ == "Do it.\n\nWhat is told over two lines of the source flows.\n\nExample: `assay do`"

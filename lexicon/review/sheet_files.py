"""Spreadsheet files, .xlsx and .csv, that hold chat text: what begins like a formula stays text.

openpyxl has its only home here.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from core.errors import DataError
from core.writing import write_atomically

if TYPE_CHECKING:
    from openpyxl import Workbook

Row = Mapping[str, str]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"term": 18, "similar": 18, "reasons": 36, "examples": 70, "note": 30}
SUFFIXES = (".xlsx", ".csv")


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet, each with its place in the file (``row 3``, ``line 3``)."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, Row], ...]


def write_sheet(
    path: Path, columns: Sequence[str], rows: Sequence[Row], choices: Mapping[str, Sequence[str]]
) -> None:  # fmt: skip
    """Write rows as .xlsx or .csv. choices: column → the values that its drop-down offers (.xlsx only).

    Every cell is text. In .csv, text that a spreadsheet program would take for a formula gets an apostrophe before it.
    Raises DataError for another suffix, WorkspaceError when the file cannot be written.
    """
    writers = {".xlsx": _xlsx, ".csv": _csv}
    suffix = path.suffix.lower()
    if suffix not in writers:
        raise DataError(f"{path.name}: wanted a file name that ends with {' or '.join(SUFFIXES)}")
    write_atomically(path, writers[suffix](columns, rows, choices))


def read_sheet(path: Path) -> Sheet:
    """The first sheet of an .xlsx file, or a .csv file in UTF-8; rows without any text are left out.

    Raises DataError for a file that cannot be read as such.
    """
    readers = {".xlsx": _read_xlsx, ".csv": _read_csv}
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise DataError(f"{path.name}: wanted a spreadsheet as {' or '.join(SUFFIXES)}")
    try:
        return readers[suffix](path)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}; check the name") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def _csv(columns: Sequence[str], rows: Sequence[Row], _choices: Mapping[str, Sequence[str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_quoted(row[column]) for column in columns] for row in rows)
    # The byte order mark tells Excel that the file is UTF-8.
    return stream.getvalue().encode("utf-8-sig")


def _quoted(text: str) -> str:
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def _read_csv(path: Path) -> Sheet:
    try:
        reader = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        lines = [(f"line {reader.line_num}", cells) for cells in reader]
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text (byte {error.start}); save it as CSV UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path.name} is not a CSV file: {error}") from error
    return _sheet([(place, [cell.removeprefix("'") for cell in cells]) for place, cells in lines])


def _xlsx(columns: Sequence[str], rows: Sequence[Row], choices: Mapping[str, Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.create_sheet("rulings", 0)
    book.remove(book.worksheets[1])
    for number, row in enumerate([dict(zip(columns, columns, strict=True)), *rows], 1):
        for place, column in enumerate(columns, 1):
            cell = sheet.cell(number, place)
            text = _storable(row[column])
            cell.value = text
            cell.data_type = "s"
            cell.quotePrefix = text.startswith(_FORMULA)
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
    for place, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(column, 14)
    sheet.freeze_panes = "C2"
    _add_choices(book, columns, len(rows), choices)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _add_choices(book: "Workbook", columns: Sequence[str], n_rows: int, choices: Mapping[str, Sequence[str]]) -> None:
    """Drop-downs. Their values stand in a sheet of their own: a list in the rule itself may hold 255 characters."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    values = book.create_sheet("choices")
    for place, (column, offered) in enumerate(choices.items(), 1):
        letter = get_column_letter(place)
        for number, value in enumerate([column, *offered], 1):
            cell = values.cell(number, place, _storable(value))
            cell.data_type = "s"
        rule = DataValidation(
            type="list",
            formula1=f"choices!${letter}$2:${letter}${len(offered) + 1}",
            allow_blank=True,
            showErrorMessage=True,
            errorTitle=column,
            error="Choose one of the list.",
        )
        here = get_column_letter(columns.index(column) + 1)
        rule.add(f"{here}2:{here}{max(n_rows, 1) + 1}")
        book["rulings"].add_data_validation(rule)
    values.sheet_state = "hidden"


def _storable(text: str) -> str:
    """Text without the few characters that XML cannot hold, and no longer than a cell may be."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub("", text).replace("\ufffe", "").replace("\uffff", "")[:32_767]


def _read_xlsx(path: Path) -> Sheet:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as stream:
            book = load_workbook(stream, data_only=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DataError(f"{path.name} is not an .xlsx file that can be read; save it again as .xlsx") from error
    lines = enumerate(book.worksheets[0].iter_rows(values_only=True), 1)
    return _sheet([(f"row {number}", ["" if cell is None else str(cell) for cell in cells]) for number, cells in lines])


def _sheet(lines: Sequence[tuple[str, Sequence[str]]]) -> Sheet:
    if not lines:
        return Sheet((), ())
    columns = tuple(cell.strip() for cell in lines[0][1])
    rows = tuple(
        (place, dict(zip(columns, [cell.strip() for cell in cells], strict=False)))
        for place, cells in lines[1:]
        if any(cell.strip() for cell in cells)
    )
    return Sheet(columns, rows)

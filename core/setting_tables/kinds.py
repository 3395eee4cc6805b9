"""What the tables of assay.toml are built of."""

from fractions import Fraction
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer


class Table(BaseModel):
    """One table of assay.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_fraction(value: object) -> Fraction:
    """An exact number from ``"2/3"``, ``"0.7"``, 0.7 or 1. Floats are read as written, so 0.1 is exactly 1/10."""
    try:
        return value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError('wanted a number or a fraction such as "2/3"') from error


def parse_server_address(address: str) -> str:
    """An http or https address, as it came."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or " " in address:
        raise ValueError("wanted the address of a server, such as http://127.0.0.1:8000/v1")
    return address


Exact = Annotated[Fraction, BeforeValidator(parse_fraction), PlainSerializer(str)]
ServerAddress = Annotated[str, AfterValidator(parse_server_address)]
VoterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
"""Also the name of a file: of the voter's votes."""

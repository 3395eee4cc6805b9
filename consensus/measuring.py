"""The agreement of any ratings as one JSON object: what `assay agreement` prints and a closed batch keeps."""

from collections.abc import Collection
from typing import Any

import polars as pl

from consensus.agreement import agreement


def agreement_json(ratings: pl.DataFrame, *, text_variables: Collection[str] = ()) -> dict[str, Any]:
    """``{"variables": {NAME: ...}}`` as DESIGN §4 has it. Arguments and errors as `consensus.agreement.agreement`."""
    measured = agreement(ratings, text_variables=text_variables)
    return {"variables": {name: variable.as_json() for name, variable in measured.items()}}

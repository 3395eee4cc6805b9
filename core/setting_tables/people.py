"""``[annotate]``, ``[release]``, ``[database]`` and ``[ui]``: people, pages and what goes out."""

from typing import Annotated, Literal

from pydantic import Field

from core.setting_tables.kinds import Table


class AnnotateSettings(Table):
    """``[annotate]``: batches and the people who label them."""

    overlap: Annotated[int, Field(ge=1)] = 3
    batch_size: Annotated[int, Field(ge=1)] = 50
    audit_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    close_when_complete: bool = True
    language: Literal["zh", "en"] = "zh"
    seed: int = 7
    support_title: str = ""
    support_text: str = ""


class ReleaseSettings(Table):
    """``[release]``: what the generated documentation of the data says."""

    title: str = "An Assay corpus"
    contact: str = ""
    licence: str = "Restricted: research use under agreement"


class DatabaseSettings(Table):
    """``[database]``: empty url: ``assay.db`` (SQLite) in the workspace."""

    url: str = ""


class InterfaceSettings(Table):
    """``[ui]``: the pages."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8501
    session_hours: Annotated[float, Field(gt=0)] = 12

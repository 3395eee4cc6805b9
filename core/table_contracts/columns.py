"""Kinds of columns. Each says in ``metadata`` what the column holds: the data dictionary is made from it."""

from typing import Any

import dataframely as dy


def about(text: str) -> dict[str, Any]:
    return {"about": text}


def time(text: str, **options: Any) -> dy.Datetime:
    return dy.Datetime(time_unit="ms", time_zone="UTC", metadata=about(text), **options)


def identifier(text: str, **options: Any) -> dy.String:
    return dy.String(min_length=1, metadata=about(text), **options)


def count(text: str, **options: Any) -> dy.Int64:
    return dy.Int64(min=0, metadata=about(text), **options)

"""A number of things in words. Imports nothing: every module that talks to people may use it."""


def counted(n: int, one: str, more: str | None = None) -> str:
    """``1 voter``, ``0 voters``, ``1,200 voters``. one: the thing's name; more: that of several, if not ``one`` + s."""
    name = one if n == 1 else more or f"{one}s"
    return f"{n:,} {name}"

"""The cookie that keeps a browser signed in. Scripts cannot read it, other sites cannot send it."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

COOKIE = "assay_session"


def keep(response: Response, name: str, value: str, request: HTTPConnection, *, seconds: int) -> None:
    """Set a cookie that is httpOnly and SameSite=Strict, and Secure where the page came over HTTPS."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )

"""The door: nobody sees a page, a file or the page's websocket without being signed in."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from annotation.human.sign_ins import who
from app.desk import Desk
from app.session_cookie import COOKIE
from app.sign_in import SIGN_IN, SIGN_OUT

OPEN_PATHS = (SIGN_IN, SIGN_OUT, "/_stcore/health")
NOT_SIGNED_IN = 4401
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def page_policy() -> str:
    """The pages' Content-Security-Policy, with a place for the host: no script but Streamlit's own, nothing elsewhere.

    A message that became markup, against everything done to prevent it, could run no script and send nothing away.
    """
    page = files("streamlit").joinpath("static", "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    own = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in inline)
    return (
        f"default-src 'self'; script-src 'self' {own}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'{sockets}; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _sockets(scope: Scope) -> str:
    """The websocket of this very host: not every browser takes it for ``'self'``."""
    host = Headers(scope=scope).get("host", "")
    return f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""


class Guard:
    """ASGI middleware that lets only signed-in people through, and tells browsers not to frame or sniff the pages."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app = app
        self.desk = desk
        self.policy = page_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            policy = {"Content-Security-Policy": self.policy.format(sockets=_sockets(scope))}
            await self._http(scope, receive, _with_headers(send, {**_HEADERS, **policy}))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await self._is_signed_in(scope):
            await self.app(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": NOT_SIGNED_IN})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in OPEN_PATHS or await self._is_signed_in(scope):
            await self.app(scope, receive, send)
        elif "text/html" in Headers(scope=scope).get("accept", ""):
            await RedirectResponse(SIGN_IN, 303)(scope, receive, send)
        else:
            await PlainTextResponse("sign in first", 401)(scope, receive, send)

    async def _is_signed_in(self, scope: Scope) -> bool:
        token = HTTPConnection(scope).cookies.get(COOKIE)
        if not token:
            return False
        desk = self.desk
        return await to_thread.run_sync(who, desk.engine, token, desk.workspace.clock) is not None


def _with_headers(send: Send, added: Mapping[str, str]) -> Send:
    async def send_with_headers(message: Message | dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers

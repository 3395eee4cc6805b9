"""The routes around the pages: the sign-in form, signing in, signing out."""

import hmac
import secrets
from html import escape
from importlib.resources import files
from string import Template

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from annotation.human.sign_ins import locked_until, sign_in, sign_out
from app.desk import Desk
from app.session_cookie import COOKIE, keep
from app.views.words import Say, words

SIGN_IN, SIGN_OUT = "/auth/login", "/auth/logout"
FORM_COOKIE = "assay_form"
FORM_SECONDS = 3600
LONGEST_FIELD = 256
# Checking a password takes 64 MiB and a core for 0.2 s, so a flood of guesses waits in line.
_CHECKS_AT_ONCE = 2


class SignInRoutes:
    """The handlers, bound to a desk. A form counts only with the token of the cookie that came with it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.say: Say = words(desk.workspace.settings.annotate.language)
        self.limiter = CapacityLimiter(_CHECKS_AT_ONCE)

    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN, self.form, methods=["GET"]),
            Route(SIGN_IN, self.enter, methods=["POST"]),
            Route(SIGN_OUT, self.leave, methods=["POST"]),
            Route(SIGN_OUT, self.stay, methods=["GET"]),
        ]

    async def form(self, request: Request) -> Response:
        return self._page(request)

    async def enter(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=8)
        if not _is_own_form(request, form):
            return self._page(request, self.say("sign_in_stale"), status=403)
        name, password = _field(form, "name"), _field(form, "password")
        settings = self.desk.workspace.settings.ui
        token = await to_thread.run_sync(self._token, name, password, settings.session_hours, limiter=self.limiter)
        if token is None:
            return self._page(request, await to_thread.run_sync(self._refusal, name), status=401, name=name)
        response = RedirectResponse("/", 303)
        keep(response, COOKIE, token, request, seconds=int(settings.session_hours * 3600))
        response.delete_cookie(FORM_COOKIE, path="/")
        return response

    async def stay(self, request: Request) -> Response:  # noqa: ARG002
        """A link to the way out, on a page elsewhere say, signs nobody out; Streamlit's own route is covered."""
        return RedirectResponse("/", 303)

    async def leave(self, request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if token:
            await to_thread.run_sync(sign_out, self.desk.engine, token, self.desk.workspace.clock)
        response = RedirectResponse(SIGN_IN, 303)
        response.delete_cookie(COOKIE, path="/")
        return response

    def _token(self, name: str, password: str, hours: float) -> str | None:
        return sign_in(self.desk.engine, name, password, hours, self.desk.workspace.clock)

    def _refusal(self, name: str) -> str:
        clock = self.desk.workspace.clock
        until = locked_until(self.desk.engine, name, clock)
        if until is None:
            return self.say("sign_in_wrong")
        return self.say("sign_in_locked", minutes=max(1, round((until - clock()).total_seconds() / 60)))

    def _page(self, request: Request, error: str = "", *, status: int = 200, name: str = "") -> Response:
        token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        texts = {key: self.say(f"sign_in_{key}") for key in ("title", "lead", "name", "password", "button")}
        page = _template().substitute(
            {key: escape(text) for key, text in texts.items()},
            language=self.say("html_language"),
            action=SIGN_IN,
            token=escape(token),
            given_name=escape(name),
            error=f'<p class="error" role="alert">{escape(error)}</p>' if error else "",
        )
        response = HTMLResponse(page, status, {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY})
        keep(response, FORM_COOKIE, token, request, seconds=FORM_SECONDS)
        return response


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def _template() -> Template:
    return Template(files("app.views").joinpath("sign_in.html").read_text(encoding="utf-8"))


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value[:LONGEST_FIELD] if isinstance(value, str) else ""


def _is_own_form(request: Request, form: FormData) -> bool:
    """Whether this browser got the form from here: only then does its cookie hold the form's token."""
    token = request.cookies.get(FORM_COOKIE, "")
    return bool(token) and hmac.compare_digest(token.encode(), _field(form, "token").encode())

"""The server of the pages: who gets in, with what cookie, and who does not."""

import asyncio
import http.client
import re
import socket
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import pytest
import typer
from typer.testing import CliRunner

from annotation.human.sign_ins import sign_in
from app.desk import desk_at
from app.guard import Guard
from app.serve import address_of, bound, serve
from app.session_cookie import COOKIE
from app.ui_cli import mount
from core.errors import WorkspaceError
from core.settings import replace_settings
from core.workspace import Workspace

HTML = {"Accept": "text/html,*/*"}
SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Client:
    """A browser's cookies and nothing else of it. Redirects are not followed."""

    def __init__(self, address):
        self.host = urlsplit(address).netloc
        self.cookies, self.set = {}, {}

    def ask(self, method, path, headers=HTML, body=None):
        connection = http.client.HTTPConnection(self.host, timeout=20)
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        connection.request(method, path, body, {**headers, **(cookies if self.cookies else {})})
        response = connection.getresponse()
        self.set = {}
        for line in response.headers.get_all("Set-Cookie") or []:
            self.set |= dict(SimpleCookie(line).items())
        self.cookies |= {name: morsel.value for name, morsel in self.set.items()}
        text = "" if response.status == 101 else response.read().decode()
        connection.close()
        return response, text

    def sign_in(self, name, password, token=None):
        _, page = self.ask("GET", "/auth/login")
        own = re.search(r'name="token" value="([^"]+)"', page)[1]
        form = urlencode({"token": own if token is None else token, "name": name, "password": password})
        return self.ask("POST", "/auth/login", {**HTML, "Content-Type": "application/x-www-form-urlencoded"}, form)


def answer_of(guard, scope):
    """The first message that an ASGI application sends."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(guard({"headers": [], "scheme": "http", "server": ("testserver", 80), **scope}, receive, send))
    return sent[0]


async def inside(scope, receive, send):
    await send({"type": "inside"})


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ({"type": "http", "method": "GET", "path": "/media/file", "headers": []}, 401),
        ({"type": "http", "method": "GET", "path": "/", "headers": [(b"accept", b"text/html")]}, 303),
        ({"type": "http", "method": "GET", "path": "/auth/login/../../", "headers": []}, 401),
        ({"type": "http", "method": "POST", "path": "/_stcore/agent/interact", "headers": []}, 401),
        ({"type": "http", "method": "GET", "path": "/", "headers": [(b"cookie", b"assay_session=guess")]}, 401),
    ],
)
def test_nothing_is_shown_to_a_stranger(make_bench, scope, status):
    guard = Guard(inside, desk_at(make_bench().workspace.root))
    assert answer_of(guard, scope)["status"] == status


def test_a_strangers_websocket_is_closed_and_a_members_is_not(make_bench):
    bench = make_bench()
    guard = Guard(inside, desk_at(bench.workspace.root))
    stream = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
    assert answer_of(guard, stream) == {"type": "websocket.close", "code": 4401}
    cookie = f"{COOKIE}={sign_in(bench.engine, 'anna', bench.password)}".encode()
    assert answer_of(guard, {**stream, "headers": [(b"cookie", cookie)]}) == {"type": "inside"}


def test_a_busy_port_is_named_with_what_to_do(make_bench):
    workspace = make_bench().workspace
    with bound("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(WorkspaceError, match=rf"port {port} on 127.0.0.1 is already in use.*--port or ui.port"):
            serve(workspace, "127.0.0.1", port, open_browser=False)
        taken = replace_settings(workspace.settings, "ui", {"port": port})
        with pytest.raises(WorkspaceError, match=f"port {port}"):
            serve(Workspace(workspace.root, given_settings=taken), open_browser=False)


def test_the_command_says_what_is_wrong_in_one_line(make_bench, tmp_path):
    app = typer.Typer()
    app.callback()(lambda: None)
    mount(app)
    workspace = make_bench().workspace.root
    with bound("127.0.0.1", 0) as listener:
        port = str(listener.getsockname()[1])
        result = CliRunner().invoke(app, ["ui", "-w", str(workspace), "--port", port, "--no-browser"])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"assay: port {port} on 127.0.0.1 is already in use")
    assert len(result.stderr.splitlines()) == 1
    assert CliRunner().invoke(app, ["ui", "-w", str(tmp_path / "none")]).exit_code == 1
    assert CliRunner().invoke(app, ["ui", "--port", "70000"]).exit_code == 2


def test_a_host_that_is_not_this_machine_is_refused():
    with pytest.raises(WorkspaceError, match=r"set ui\.host in"):
        bound("no such host", 0)
    with pytest.raises(WorkspaceError, match="--host"):
        bound("192.0.2.1", 0)


def test_the_address_is_one_that_a_browser_can_open():
    with bound("0.0.0.0", 0) as listener:
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
    if socket.has_ipv6:
        with bound("::1", 0) as listener:
            assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


@pytest.mark.slow
class TestServed:
    """`assay ui`, in a process of its own."""

    def test_a_stranger_is_sent_to_the_form(self, served):
        response, _ = Client(served[1]).ask("GET", "/")
        assert (response.status, response.headers["Location"]) == (303, "/auth/login")
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert Client(served[1]).ask("GET", "/_stcore/health")[1] == "ok"

    def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(self, served):
        bench, address = served
        client = Client(address)
        response, _ = client.sign_in("anna", bench.password)
        assert (response.status, response.headers["Location"]) == (303, "/")
        cookie = client.set[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "strict"
        assert cookie["max-age"] == str(12 * 3600)
        assert len(cookie.value) >= 43
        page, text = client.ask("GET", "/")
        assert page.status == 200
        assert "<title>" in text

    @pytest.mark.parametrize("name", ["anna", "nobody", "<script>alert(1)</script>"])
    def test_a_wrong_password_and_a_wrong_name_are_told_alike(self, served, name):
        client = Client(served[1])
        response, page = client.sign_in(name, "not the password")
        assert response.status == 401
        assert "用户名或密码不对。" in page
        assert COOKIE not in client.cookies
        assert "<script>" not in page

    def test_a_form_from_elsewhere_is_refused(self, served):
        bench, address = served
        client = Client(address)
        response, page = client.sign_in("anna", bench.password, token="forged")
        assert response.status == 403
        assert "请再登录一次" in page
        assert COOKIE not in client.cookies

    def test_the_websocket_opens_for_members_only(self, served):
        bench, address = served
        client = Client(address)
        assert client.ask("GET", "/_stcore/stream", SOCKET)[0].status == 403
        client.sign_in("bo", bench.password)
        assert client.ask("GET", "/_stcore/stream", SOCKET)[0].status == 101
        elsewhere = {**SOCKET, "Origin": "https://elsewhere.example"}
        assert client.ask("GET", "/_stcore/stream", elsewhere)[0].status == 403

    def test_signing_out_ends_the_session_and_not_only_the_cookie(self, served):
        bench, address = served
        client = Client(address)
        client.sign_in("bo", bench.password)
        kept = client.cookies[COOKIE]
        assert client.ask("GET", "/auth/logout")[0].headers["Location"] == "/"
        assert client.ask("GET", "/")[0].status == 200
        response, _ = client.ask("POST", "/auth/logout")
        assert (response.status, response.headers["Location"]) == (303, "/auth/login")
        client.cookies[COOKIE] = kept
        assert client.ask("GET", "/")[0].status == 303

    def test_ten_failures_lock_a_name_for_a_while(self, served):
        bench, address = served
        client = Client(address)
        for _ in range(10):
            assert client.sign_in("judge", "wrong password")[0].status == 401
        response, page = client.sign_in("judge", bench.password)
        assert response.status == 401
        assert "失败次数太多，请 15 分钟后再试" in page

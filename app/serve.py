"""The server of the pages: Streamlit as an ASGI application behind the door and the sign-in form."""

import errno
import os
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from starlette.middleware import Middleware
from streamlit import config
from streamlit.starlette import App

from app.desk import WORKSPACE_VARIABLE, Desk, desk_at
from app.guard import Guard
from app.sign_in import SignInRoutes
from core.errors import WorkspaceError
from core.workspace import Workspace

ENTRY = Path(__file__).parent / "views" / "entry.py"
FONTS = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
OPTIONS = {
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.showSidebarNavigation": False,
    "global.developmentMode": False,
    "runner.magicEnabled": False,
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 1,
    "theme.base": "light",
    "theme.primaryColor": "#1f5f8b",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f4f6f8",
    "theme.textColor": "#1c2733",
    "theme.borderColor": "#d6dde4",
    "theme.baseRadius": "8px",
    "theme.font": FONTS,
}


def application(desk: Desk) -> App:
    """The ASGI application. Streamlit keeps its settings in the process, so a process serves one workspace."""
    for name, value in OPTIONS.items():
        config.set_option(name, value)
    os.environ[WORKSPACE_VARIABLE] = str(desk.workspace.root)
    return App(ENTRY, routes=SignInRoutes(desk).routes(), middleware=[Middleware(Guard, desk=desk)])


def serve(
    workspace: Workspace,
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = True,
    announce: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve the pages of a workspace until interrupted. ``announce`` gets their address once it is taken.

    host and port: those of the settings unless given; port 0 takes a free one. Raises WorkspaceError when the port is
    taken or the host is not this machine's.
    """
    import uvicorn

    settings = workspace.settings.ui
    desk = desk_at(workspace.root.resolve())
    with bound(settings.host if host is None else host, settings.port if port is None else port) as listener:
        address = address_of(listener)
        server = uvicorn.Server(
            uvicorn.Config(
                application(desk),
                log_level="warning",
                access_log=False,
                ws="websockets-sansio",
                ws_ping_interval=20,
                timeout_graceful_shutdown=2,
            )
        )
        announce(address)
        if open_browser:
            # The socket already listens, so a browser that is quicker than the server waits.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        server.run(sockets=[listener])


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises WorkspaceError naming the port and what to do."""
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise WorkspaceError(
            f"{host!r} is no address of this machine; set ui.host in assay.toml or --host, for example 127.0.0.1"
        ) from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WorkspaceError(_why_not(error, host, port)) from error
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is already in use, perhaps by other pages of Assay; stop them, or choose another "
            "with --port or ui.port in assay.toml (0 takes a free one)"
        )
    if error.errno == errno.EACCES:
        return f"port {port} may not be used without special rights; choose one above 1023 with --port or ui.port"
    return f"{host!r} port {port} cannot be used ({error.strerror}); set --host and --port, or ui.host and ui.port"


def address_of(listener: socket.socket) -> str:
    """The address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(host, host)
    return f"http://{shown}:{port}"

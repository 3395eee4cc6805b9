"""``assay ui``: the pages on which people label, adjudicate and see how far a batch is."""

from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say

_HOST_HELP = "Address to listen on; ui.host by default."
_PORT_HELP = "Port; 0 takes a free one; ui.port by default."


def mount(app: typer.Typer) -> None:
    """Register ``assay ui``."""
    app.command("ui")(ui_cli)


@guarded
def ui_cli(
    workspace: WorkspaceOption = HERE,
    host: Annotated[str | None, typer.Option("--host", help=_HOST_HELP)] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help=_PORT_HELP)] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Open the pages: sign in, label, adjudicate, follow the batches. Stops with Ctrl+C.

    Example: `assay ui -w corpus --port 8600 --no-browser`
    """
    from core.workspace import open_workspace, with_options

    chosen = with_options(open_workspace(workspace), "ui", {"host": host, "port": port})
    settings = chosen.settings.ui
    from app.serve import serve

    def announce(address: str) -> None:
        emit({"address": address}, as_json, lambda: _show(address, settings.host))

    try:
        serve(chosen, settings.host, settings.port, not no_browser, announce)
    except KeyboardInterrupt:
        if not as_json:
            say("stopped")


def _show(address: str, host: str) -> None:
    say(f"The pages are at {address} (stop with Ctrl+C)")
    if host not in ("127.0.0.1", "::1", "localhost"):
        say(f"They listen on {host} without encryption: put a proxy with HTTPS in front of them.")

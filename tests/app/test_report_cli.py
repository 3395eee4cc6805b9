from typer import Typer
from typer.testing import CliRunner

from app import report_cli


def run(*arguments):
    app = Typer()
    app.callback()(lambda: None)
    report_cli.mount(app)
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_the_command_prints_the_path(workspace):
    path = workspace.reports / "report.html"
    assert run("-w", workspace.root).stdout == f"{path}\n"
    assert run("-w", workspace.root, "--json").stdout == f'{{"path": "{path}"}}\n'
    assert "Not there yet" in path.read_text(encoding="utf-8")


def test_only_open_opens_a_browser(workspace, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    run("-w", workspace.root)
    assert opened == []
    assert run("-w", workspace.root, "--open").exit_code == 0
    assert opened == [(workspace.reports / "report.html").as_uri()]


def test_outside_a_workspace_the_command_says_what_to_do(tmp_path):
    result = run("-w", tmp_path)
    assert result.exit_code == 1
    assert "is not a workspace" in result.output


def test_help_has_an_example():
    assert "assay report -w corpus --open" in run("--help").output

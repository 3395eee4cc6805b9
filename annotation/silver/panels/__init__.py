"""Panels that come along, as the ``[[vote.voters]]`` part of an assay.toml."""

from importlib.resources import files

from core.errors import SettingsError
from core.texts import closest

PANELS = ("embedded", "suichat17")
"""``embedded``: the 17 voters of the template, which run in this process. ``suichat17``: those of the paper."""


def with_panel(template: str, name: str) -> str:
    """The settings template with this panel in place of its own. Raises SettingsError for an unknown name."""
    if name not in PANELS:
        raise SettingsError(f"no panel {name!r}; {closest(name, PANELS)}")
    if name == "embedded":
        return template
    own = template.index("\n[[vote.voters]]")
    return template[: own + 1] + files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")

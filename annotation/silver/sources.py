"""Which code makes an embedded vote: a changed recipe, or another scikit-learn, votes anew. Imports nothing heavy."""

from functools import cache
from importlib.metadata import version
from importlib.resources import files

from core.store import digest

_MAKES_THE_VOTE = ("calibration.py", "documents.py", "embedded.py", "features.py", "recipes.py", "training.py")


@cache
def code_hash() -> str:
    """Hash of the modules that decide an embedded vote and of scikit-learn's version."""
    folder = files("annotation.silver")
    modules = [folder.joinpath(name).read_text(encoding="utf-8") for name in _MAKES_THE_VOTE]
    return digest([*modules, version("scikit-learn")])

"""Keys of model servers, and the package that asks them."""

import builtins
from collections.abc import Callable
from pathlib import Path

import pytest

from core.chat import ChatServer, api_key, is_local
from core.errors import MissingExtraError, SettingsError
from core.llm.openai_door import OpenAIDoor
from core.scripted_llm import ScriptedServer

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
Serve = Callable[..., ScriptedServer]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:80/v1", True),
        ("https://api.example.org/v1", False),
        ("http://127.0.0.1.example.org/v1", False),
        ("http://10.0.0.7:8000/v1", False),
    ],
)
def test_which_servers_need_a_key(monkeypatch: pytest.MonkeyPatch, address: str, local: bool):
    monkeypatch.delenv("SOME_KEY", raising=False)
    assert is_local(address) is local
    if local:
        assert api_key("SOME_KEY", address) == "none"
    else:
        with pytest.raises(SettingsError, match="environment variable SOME_KEY"):
            api_key("SOME_KEY", address)
    monkeypatch.setenv("SOME_KEY", " k \n")
    assert api_key("SOME_KEY", address) == "k"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    real = builtins.__import__

    def without_openai(name: str, *rest, **more):
        if name == "openai":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_openai)
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[llm\]'"):
        OpenAIDoor(ChatServer("http://127.0.0.1:1/v1", "k"))


@pytest.mark.parametrize("key", ["sk-请填密钥", "k\nl", "two words", "k\x07"])
def test_a_key_that_can_be_none_is_not_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("A_KEY", key)
    with pytest.raises(SettingsError, match="A_KEY has characters that no key has") as told:
        api_key("A_KEY", "https://models.example/v1")
    assert key not in str(told.value)

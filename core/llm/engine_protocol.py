"""What an engine's process and Assay say to each other: JSON lines, in this process's standard input and output.

Runs in the environment of the engine, where Assay is not installed: nothing here may import anything but Python's own.
First comes one line about the model; ``ready`` goes back when it is loaded; then questions come and answers go back.
"""

import json
import math
import os
import queue
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

MOST_CHOICES = 32
"""Most tokens whose log-probability is asked for where the reply is one of some letters."""
DEFAULTS: dict[str, Any] = {
    "seed": 0,
    "max_logprobs": MOST_CHOICES,
    "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
}
"""Options of vLLM that a voter's own take the place of."""

_PLAIN = "[ !#-\\[\\]-\ud7ff\ue000-\U0010ffff]"
"""A character as it may stand in a JSON text: no control character, quotation mark, backslash or half a pair."""


class Link:
    """The engine's end. Libraries print what they like: standard output is led to standard error.

    When the other end is gone, so is this process and all that it started, whatever it is doing.
    """

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lines = os.fdopen(os.dup(0), encoding="utf-8")
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        sys.excepthook = self._give_up
        self.hello: dict[str, Any] = json.loads(self._lines.readline() or "{}")
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._lines:
            self._inbox.put(json.loads(line))
        self._end()

    def _end(self) -> None:
        if "scratch" in self.hello:
            shutil.rmtree(self.hello["scratch"], ignore_errors=True)
        end_session(os.getpid())
        os._exit(1)

    def take(self, wait: bool) -> list[dict[str, Any]]:
        """What has come since the last call; with wait, something has. A message ``close`` is the last one."""
        taken = [self._inbox.get()] if wait else []
        while not self._inbox.empty():
            taken.append(self._inbox.get())
        return taken

    def send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        self._answers.writelines(json.dumps(message) + "\n" for message in messages)
        self._answers.flush()

    def _give_up(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """What nobody caught ends the engine. Its text is passed on only while it cannot hold chat."""
        name = kind.__name__
        self.send([{"broken": name, "text": str(error)}])
        sys.__excepthook__(kind, error, trace)
        self._end()


def end_session(leader: int) -> None:
    """End a process that leads a session, and all in it, at once. Ray gives each of its own a group of its own."""
    folder = Path("/proc")
    others = [int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal()] if folder.is_dir() else []
    for process in others:
        with suppress(ProcessLookupError, PermissionError):
            if process not in (leader, os.getpid()) and os.getsid(process) == leader:
                os.kill(process, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def sampling_of(question: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of vLLM's SamplingParams; ``structured_outputs`` are those of StructuredOutputsParams."""
    parameters = dict(question["parameters"])
    if question["choices"]:
        parameters["logprobs"] = MOST_CHOICES
        parameters["structured_outputs"] = {"regex": f"({'|'.join(map(re.escape, question['choices']))})"}
    elif question["schema"] is not None:
        parameters["structured_outputs"] = {"json": json.dumps(with_plain_texts(question["schema"]))}
    return parameters


def with_plain_texts(schema: Any) -> Any:
    """The same JSON schema for xgrammar, which lets what is no JSON and no Unicode into texts with a bound."""
    if isinstance(schema, list):
        return [with_plain_texts(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "string" and "maxLength" in schema and not {"pattern", "format", "enum"} & schema.keys():
        rest = {key: part for key, part in schema.items() if key not in ("minLength", "maxLength")}
        return {**rest, "pattern": f"^{_PLAIN}{{{schema.get('minLength', 0)},{schema['maxLength']}}}$"}
    return {key: with_plain_texts(part) for key, part in schema.items()}


def is_text(question: Mapping[str, Any]) -> bool:
    """Whether all messages can be encoded; half a surrogate pair cannot."""
    try:
        json.dumps(question["messages"], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def by_token(tokens: Iterable[tuple[str | None, float]]) -> dict[str, float]:
    """(token, log-probability) by the token's text; what the grammar ruled out is left out."""
    found: dict[str, float] = {}
    for token, logprob in tokens:
        if token and math.isfinite(logprob):
            # A tokenizer may have several tokens of one text.
            found[token] = logprob if token not in found else _log_of_sum(found[token], logprob)
    return found


def _log_of_sum(one: float, other: float) -> float:
    """Of two numbers given by their logarithms, however small they are."""
    return max(one, other) + math.log1p(math.exp(-abs(one - other)))


def refusal(kind: str, text: str) -> str:
    """Why the engine takes a question not, free of chat: vLLM's own text may quote the prompt."""
    at_fault = re.search(r"\(parameter=([a-z_]{1,40}), value=(\d{1,12})\)$", text)
    if at_fault is None:
        return f"the engine refuses this request ({kind})"
    if at_fault[1] == "input_tokens":
        return f"the prompt has at least {at_fault[2]} tokens, which is more than the model takes (max_model_len)"
    return f"the engine refuses this request ({kind}: {at_fault[1]} is {at_fault[2]})"

"""vLLM in a process of its own, started by `core.llm.engine_door` with the Python of vLLM's environment.

Questions go into the engine as they come and answers leave it as they are made, so that it is never idle at the end of
a batch while one long reply is waited for. That is what ``LLM.chat`` does with one batch.
"""

import json
import os
from functools import lru_cache
from importlib import import_module
from typing import Any

from engine_protocol import DEFAULTS, Link, by_token, end_session, is_text, refusal, sampling_of


def main() -> None:
    link = Link()
    options = {**DEFAULTS, **link.hello["options"]}
    template = options.pop("chat_template_kwargs", None)
    engine = load(link.hello["model"], options)
    link.send([{"ready": True}])
    serve(link, engine, template)
    engine.llm_engine.engine_core.shutdown()
    end_session(os.getpid())


def load(model: str, options: dict[str, Any]) -> Any:
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    vllm = import_module("vllm")
    if import_module("vllm.platforms").current_platform.is_cpu():
        # A second process pays where a GPU does the work; here it takes ten more seconds to start and frees nothing.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    return vllm.LLM(model=model, **options)


def serve(link: Link, engine: Any, template: dict[str, Any] | None) -> None:
    """Answer until the other end says that it needs no more."""
    from jinja2 import TemplateError

    own: type[Exception] = import_module("vllm.exceptions").VLLMError
    refusals = (own, TemplateError, ValueError, TypeError, LookupError, AttributeError, RuntimeError)
    numbers: dict[str, int] = {}
    while True:
        for question in link.take(wait=not numbers):
            if "close" in question:
                return
            if "go" in question:
                continue
            if not is_text(question):
                link.send([{"number": question["number"], "failure": "the prompt is not valid Unicode"}])
                continue
            try:
                [name] = engine.enqueue_chat(
                    [_conversation(question)],
                    [_sampling(_form_of(question))],
                    use_tqdm=False,
                    chat_template_kwargs=template,
                )
                # vLLM gives back the name within the engine, which is the outer one and a random part.
                numbers[name.partition("-")[0]] = question["number"]
            except refusals as error:
                link.send([{"number": question["number"], "failure": refusal(type(error).__name__, str(error))}])
        if numbers:
            done = [output for output in engine.llm_engine.step() if output.finished]
            link.send(_answer(numbers.pop(output.request_id), output) for output in done)


def _conversation(question: dict[str, Any]) -> list[Any]:
    return [{"role": role, "content": content} for role, content in question["messages"]]


def _form_of(question: dict[str, Any]) -> str:
    return json.dumps({part: question[part] for part in ("parameters", "schema", "choices")})


@lru_cache
def _sampling(form: str) -> Any:
    """For all questions alike; vLLM gives each its own copy."""
    sampling = import_module("vllm.sampling_params")
    parameters = sampling_of(json.loads(form))
    form = parameters.pop("structured_outputs", None)
    held_to = None if form is None else sampling.StructuredOutputsParams(**form)
    return sampling.SamplingParams(**parameters, structured_outputs=held_to)


def _answer(number: int, output: Any) -> dict[str, Any]:
    said = output.outputs[0]
    if said.finish_reason not in ("stop", "length"):
        return {"number": number, "failure": f"the engine gave this request up ({said.finish_reason})"}
    answer: dict[str, Any] = {"number": number, "text": said.text, "finish_reason": said.finish_reason}
    if said.logprobs:
        answer["logprobs"] = by_token((token.decoded_token, token.logprob) for token in said.logprobs[0].values())
    return answer


if __name__ == "__main__":
    main()

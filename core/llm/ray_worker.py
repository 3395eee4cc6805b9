"""Ray Data's vLLM processor, started by `core.llm.engine_door` with the Python of an environment that has both.

Each run of the processor loads the model anew, so a run takes all questions that there are; answers go back as Ray
hands them over. What runs on other machines is defined here and uses nothing from beside this file, which is not there.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from engine_protocol import DEFAULTS, Link, by_token, end_session, is_text, refusal, sampling_of

FEWEST_CPUS = 8
"""Logical CPUs of a Ray of our own at least; with fewer than its stages want, its pipeline waits for ever."""
ROWS = 64
"""Rows handed to an engine at a time, several such batches at once; answers come back by as many."""


def main() -> None:
    link = Link()
    for name, value in {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "disabled",
        "RAY_worker_niceness": "0",
    }.items():
        os.environ.setdefault(name, value)
    options = {**DEFAULTS, **link.hello["options"]}
    template = {"chat_template": options.pop("chat_template", None), **options.pop("chat_template_kwargs", {})}
    rendering = {
        "model": link.hello["model"],
        "template": template,
        "trusting": options.get("trust_remote_code", False),
    }
    # A model that is not there fails here and at once, not in an actor that is started again and again.
    ends_with = Rendering(**rendering).tokenizer.eos_token_id
    connect(link.hello)
    engines = processor(link.hello, options)
    link.send([{"ready": True}])
    while questions := next_questions(link):
        for alike in by_form(questions):
            run(link, alike, engines, rendering, (ends_with, options.get("max_model_len")))
    import_module("ray").shutdown()
    end_session(os.getpid())


def connect(hello: Mapping[str, Any]) -> None:
    """To the running cluster, or to one of our own on this machine."""
    ray = import_module("ray")
    passed_on = {name: value for name, value in os.environ.items() if name.startswith(("VLLM_", "HF_"))}
    common = {"runtime_env": {"env_vars": passed_on}, "log_to_driver": False}
    if hello["ray_address"]:
        ray.init(address=hello["ray_address"], **common)
    else:
        cpus = hello["ray_cpus"] or max(FEWEST_CPUS, os.cpu_count() or 1)
        # Ray opens its folder to everyone; the one around it is the user's own.
        folder = os.path.join(hello["scratch"], "ray")  # noqa: PTH118
        ray.init(num_cpus=cpus, include_dashboard=False, _temp_dir=folder, **common)
    import_module("ray.data").DataContext.get_current().enable_progress_bars = False


def processor(hello: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    """The engines. Prompts come to them as tokens: Ray's own stages would begin some models' prompts twice."""
    llm = import_module("ray.data.llm")
    rows = min(ROWS, hello["batch_size"])
    bundle = hello["ray_bundle"]
    config = llm.vLLMEngineProcessorConfig(
        model_source=hello["model"],
        engine_kwargs=dict(options),
        batch_size=rows,
        max_concurrent_batches=-(-hello["batch_size"] // rows),
        concurrency=(hello["ray_replicas"], hello["ray_replicas"]),
        placement_group_config={"bundles": [bundle]} if bundle else None,
        chat_template_stage=False,
        tokenize_stage=False,
        detokenize_stage=False,
        should_continue_on_error=True,
        log_engine_metrics=False,
    )
    return llm.build_processor(config, preprocess=for_the_engine, postprocess=from_the_engine)


def next_questions(link: Link) -> dict[int, dict[str, Any]]:
    """All questions up to the next ``go``, by their numbers; none when no more will come."""
    questions: dict[int, dict[str, Any]] = {}
    while True:
        for message in link.take(wait=True):
            if "close" in message:
                return {}
            if "number" in message:
                questions[message["number"]] = message
            elif questions:
                return questions


def by_form(questions: Mapping[int, dict[str, Any]]) -> Iterable[dict[int, dict[str, Any]]]:
    """The questions in runs of the same form. Rows of a table have the same columns, so that a parameter of one row
    would be a null in another, and its integers floats, at which vLLM's engine stops reading and waits for ever.
    """
    runs: dict[tuple[str, ...], dict[int, dict[str, Any]]] = {}
    for number, question in questions.items():
        sampling = sampling_of(question)
        form = (*sorted(sampling), "", *sampling.get("structured_outputs", ()))
        runs.setdefault(form, {})[number] = question
    return runs.values()


def run(
    link: Link,
    questions: dict[int, dict[str, Any]],
    engines: Any,
    rendering: Mapping[str, Any],
    limits: tuple[int, int | None],
) -> None:
    """Put all questions to the engines and send the answers as they come."""
    rows = []
    for number, question in questions.items():
        if is_text(question):
            said = [{"role": role, "content": content} for role, content in question["messages"]]
            rows.append({"number": number, "said": json.dumps(said), "sampling": json.dumps(sampling_of(question))})
        else:
            link.send([{"number": number, "failure": "the prompt is not valid Unicode"}])
    if not rows:
        return
    asked = import_module("ray.data").from_items(rows, override_num_blocks=-(-len(rows) // ROWS))
    rendered = asked.map(Rendering, fn_constructor_kwargs=dict(rendering), concurrency=1)
    for batch in engines(rendered).iter_batches(batch_size=None, batch_format="pyarrow"):
        link.send(answer(row, questions, limits) for row in batch.to_pylist())


class Rendering:
    """A conversation as the tokens that the model reads: its own chat template, which begins the prompt itself."""

    def __init__(self, model: str, template: Mapping[str, Any], trusting: bool) -> None:
        self.tokenizer = import_module("transformers").AutoTokenizer.from_pretrained(model, trust_remote_code=trusting)
        self.template = dict(template)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        from jinja2 import TemplateError

        try:
            read = self.tokenizer.apply_chat_template(
                json.loads(row["said"]), tokenize=True, return_dict=True, add_generation_prompt=True, **self.template
            )
            return {"number": row["number"], "sampling": row["sampling"], "tokens": read["input_ids"], "refused": ""}
        except (TemplateError, ValueError, TypeError, LookupError) as error:
            # The engine turns down a prompt of no tokens, so that the row comes back as one that failed.
            kind = type(error).__name__
            return {"number": row["number"], "sampling": row["sampling"], "tokens": [], "refused": kind}


def for_the_engine(row: dict[str, Any]) -> dict[str, Any]:
    return {"tokenized_prompt": row["tokens"], "sampling_params": json.loads(row["sampling"])}


def from_the_engine(row: dict[str, Any]) -> dict[str, Any]:
    places = row["logprobs"]
    first = [] if places is None or not len(places) else places[0].values()
    return {
        "number": row["number"],
        "text": row["generated_text"],
        "tokens_in": row["num_input_tokens"],
        "tokens_out": row["num_generated_tokens"],
        "last": row["generated_tokens"][-1] if len(row["generated_tokens"]) else None,
        "first": json.dumps([[token["decoded_token"], token["logprob"]] for token in first if token is not None]),
    }


def answer(
    row: Mapping[str, Any], questions: Mapping[int, Mapping[str, Any]], limits: tuple[int, int | None]
) -> dict[str, Any]:
    """What is sent back for a row. limits: the token that ends a reply, and the model's length if it is known."""
    number = row["number"]
    if error := row.get("__inference_error__"):
        kind, _, text = error.partition(": ")
        return {"number": number, "failure": refusal(row.get("refused") or kind, text)}
    ends_with, longest = limits
    most = questions[number]["parameters"].get("max_tokens")
    # Ray does not pass on why a reply ended.
    full = row["tokens_out"] == most or row["tokens_in"] + row["tokens_out"] == longest
    reason = "length" if full and row["last"] != ends_with else "stop"
    said = {"number": number, "text": row["text"], "finish_reason": reason}
    tokens: Sequence[tuple[str, float]] = json.loads(row["first"])
    return {**said, "logprobs": by_token(tokens)} if tokens else said


if __name__ == "__main__":
    main()

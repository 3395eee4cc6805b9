"""vLLM alone: load a model, then answer all prompts in one `LLM.chat` call, once for each line on standard input.

    python bare_engine.py QUESTIONS.json

Run with the Python of vLLM's environment. The file holds ``model``, ``options`` (of LLM), ``prompts`` (of role and
content), ``parameters`` (of SamplingParams) and ``schema``.
"""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Libraries print what they like.
    from vllm import LLM, SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    engine = LLM(model=asked["model"], **asked["options"])
    form = StructuredOutputsParams(json=asked["schema"])
    sampling = SamplingParams(**asked["parameters"], structured_outputs=form)
    prompts = [[{"role": role, "content": text} for role, text in prompt] for prompt in asked["prompts"]]
    engine.chat(prompts[:1], sampling, use_tqdm=False)
    said.write("ready\n")
    said.flush()
    for _ in sys.stdin:
        answers = engine.chat(prompts, sampling, use_tqdm=False)
        labels = [json.loads(answer.outputs[0].text)["labels"] for answer in answers]
        said.write(f"{len(labels)}\n")
        said.flush()


if __name__ == "__main__":
    main()

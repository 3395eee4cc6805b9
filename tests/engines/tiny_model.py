"""Make tiny chat models with random weights: `python tiny_model.py FOLDER SEED...` makes FOLDER/SEED for each seed.

Run with the Python of vLLM's environment. Nothing is downloaded. Each seed is another voter; the words mean nothing.
"""

import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

LINES = [
    "今天好难过，又哭了一晚上。心情特别低落，心里很难受。",
    "太开心了哈哈，开心到飞起。作业写完了，明天八点开会。",
    "判断这段群聊，只回答标签。依据：消息、用户、变量、类别、定义。",
    '{"labels": {"mood": 0, "asks": 1}, "rationale": "…"} system user assistant A B C D 0 1 2 3 -1',
]
TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
LONGEST = 16384


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(LINES * 3, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=LONGEST
    )
    made.chat_template = TEMPLATE
    return made


def make_model(folder: Path, seed: int, tokenizer: PreTrainedTokenizerFast) -> None:
    import torch

    torch.manual_seed(seed)
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = Qwen3Config(
        vocab_size=(len(tokenizer) + 63) // 64 * 64,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,  # vLLM's attention on the CPU takes multiples of 32.
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        initializer_range=0.2,  # Wide, so that different prompts and seeds say different things.
        bos_token_id=None,
        **ends,
    )
    model = Qwen3ForCausalLM(config).to(torch.bfloat16)
    model.generation_config.update(**ends)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    shared = make_tokenizer()
    for number in map(int, sys.argv[2:]):
        make_model(Path(sys.argv[1]) / str(number), number, shared)

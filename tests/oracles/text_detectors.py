"""Small detectors of transformers with random weights, saved as published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

TEXT_LENGTH = 24
"""Tokens that the small Grounding DINO reads at once."""

QUERIES = 20

BERT_PLACES = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
BERT_PLACES |= {".": 1012, "?": 1029}
"""As in BERT's vocabulary, whose numbers are in the model's code."""

KNOWN = ("dog", "cat", "red", "car", "##s", "zebra")


def save_grounding_dino(folder: Path) -> Path:
    """A `GroundingDinoForObjectDetection` with its processor."""
    import transformers

    vocabulary = dict(BERT_PLACES)
    vocabulary |= {word: 1013 + place for place, word in enumerate(KNOWN)}
    free = sorted(set(range(1030)) - set(vocabulary.values()))
    vocabulary |= {f"[unused{place}]": place for place in free}
    torch.manual_seed(0)
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    layers = {"encoder_layers": 1, "decoder_layers": 2}  # heads of one layer have nothing to tie
    config = transformers.GroundingDinoConfig(
        backbone_config=transformers.SwinConfig(
            image_size=64,
            embed_dim=16,
            depths=[1, 1, 1, 1],
            num_heads=[1, 2, 4, 8],
            window_size=4,
            out_indices=[2, 3, 4],
        ),
        text_config=transformers.BertConfig(
            vocab_size=1030,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=64,
        ),
        d_model=32,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=QUERIES,
        max_text_len=TEXT_LENGTH,
        **heads,
        **layers,
    )
    pictures = transformers.GroundingDinoImageProcessorPil(
        size={"shortest_edge": 64, "longest_edge": 96}
    )
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    processor = transformers.GroundingDinoProcessor(pictures, tokenizer)
    return _save(folder, transformers.GroundingDinoForObjectDetection(config), processor)


def save_owlv2(folder: Path) -> Path:
    """An `Owlv2ForObjectDetection` with its processor."""
    import transformers

    letters = [chr(place) for place in range(ord("!"), ord("~") + 1)]
    vocabulary = {"!</w>": 0}
    for each in (*letters, *(f"{letter}</w>" for letter in letters)):
        vocabulary.setdefault(each, len(vocabulary))
    ends = {"<|startoftext|>": len(vocabulary), "<|endoftext|>": len(vocabulary) + 1}
    shared = {"num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    config = transformers.Owlv2Config(
        text_config={
            **shared,
            "hidden_size": 32,
            "vocab_size": len(vocabulary) + 2,
            "max_position_embeddings": 40,
            "bos_token_id": ends["<|startoftext|>"],
            "eos_token_id": ends["<|endoftext|>"],
        },
        vision_config={**shared, "hidden_size": 32, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    model = transformers.Owlv2ForObjectDetection(config)
    model.box_head.dense2.weight.data *= 0.02  # else sides are those of the frame, or none
    pictures = transformers.Owlv2ImageProcessorPil(size={"height": 64, "width": 64})
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary | ends, merges=[])
    return _save(folder, model, transformers.Owlv2Processor(pictures, tokenizer))


def _save(folder: Path, model: Any, processor: Any) -> Path:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder

"""The prompts of a command line, read for one video."""

from __future__ import annotations

import argparse

from samurai.regions import same_region
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.checks import check_prompts
from samurai.video.prompts.files import read_prompts
from samurai.video.prompts.inline import Defaults, parse_box, parse_mask, parse_points
from samurai.video.sources.base import Source
from samurai.video.sources.images import ImageFiles

HOW = "--box 1@0:x,y,width,height, --points 1@0:+x,y, --mask 1@0:mask.png or --prompts FILE"


def given(parsed: argparse.Namespace) -> bool:
    """Whether there is any prompt."""
    return bool(parsed.box or parsed.clicks or parsed.mask or parsed.prompts)


def prompts_of(parsed: argparse.Namespace, source: Source) -> list[ObjectPrompt]:
    """All of them, in the order of frames.

    Raises:
        PromptError: one can't be read, or lies outside the video.
    """
    info = source.info
    size = (info.height, info.width)
    index_of = source.frame_index_of if isinstance(source, ImageFiles) else None
    found: list[ObjectPrompt] = []
    for file in parsed.prompts:
        found += read_prompts(file, frame_size=size, frame_index_of=index_of)
    for parse, texts in (
        (parse_box, parsed.box),
        (parse_points, parsed.clicks),
        (parse_mask, parsed.mask),
    ):
        for text in texts:
            taken = {prompt.object_id for prompt in found}
            found.append(parse(text, Defaults(taken, parsed.start, size)))
    check_prompts(found, frame_size=size, frame_count=info.frame_count)
    return sorted(found, key=lambda prompt: prompt.frame_index)


def same_prompt(one: ObjectPrompt, other: ObjectPrompt) -> bool:
    """Whether two prompts say the same."""
    return (
        one.object_id == other.object_id
        and one.frame_index == other.frame_index
        and same_region(one.region, other.region)
    )

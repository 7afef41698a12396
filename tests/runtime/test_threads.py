"""Tasks in the background thread."""

from __future__ import annotations

import pytest
import torch

from samurai.runtime import threads


def test_background_tasks_keep_the_mode_and_raise_their_errors() -> None:
    with torch.inference_mode():
        assert threads.in_background(torch.is_inference_mode_enabled).result()
    assert not threads.in_background(torch.is_inference_mode_enabled).result()

    def fail() -> None:
        raise ValueError("there")

    with pytest.raises(ValueError, match="there"):
        threads.in_background(fail).result()

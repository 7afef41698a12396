"""A video through the inference session of transformers itself, which ours must agree with."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class InstalledSession:
    """A model's own inference session, frame by frame. It keeps every frame.

    Args:
        model: a video model of transformers.
        size: height and width of the frames.
        dtype: of the session's computation.
    """

    def __init__(
        self, model: Any, size: tuple[int, int], dtype: torch.dtype = torch.float32
    ) -> None:
        self.model = model
        name = type(model).__name__.removesuffix("Model")
        kind = getattr(importlib.import_module("transformers"), f"{name}InferenceSession")
        device = next(model.parameters()).device
        height, width = size
        self.state = kind(
            video_height=height,
            video_width=width,
            inference_device=device,
            inference_state_device=device,
            video_storage_device=device,
            dtype=dtype,
        )

    def add_points(self, number: int, points: Tensor, labels: Tensor, frame_index: int = 0) -> None:
        """Prompt an object.

        Args:
            number: of the object.
            points: (1, N, 2), x and y in the square input; labels: (1, N).
        """
        index = self._new(number)
        inputs = {"point_coords": points[:, None], "point_labels": labels[:, None]}
        self.state.add_point_inputs(index, frame_index, inputs)

    def add_mask(self, number: int, mask: Tensor, frame_index: int = 0) -> None:
        """Prompt an object by a mask in the square input, (1, 1, S, S) of zeros and ones."""
        self.state.add_mask_inputs(self._new(number), frame_index, mask)

    def _new(self, number: int) -> int:
        self.state.obj_with_new_inputs.append(number)
        return int(self.state.obj_id_to_idx(number))

    @torch.inference_mode()
    def step(self, view: Tensor) -> Tensor:
        """Mask logits of all objects, (objects, L, L), in a normalized frame (1, 3, S, S)."""
        answer = self.model(inference_session=self.state, frame=view)
        masks: Tensor = answer.pred_masks
        return masks.flatten(0, -3)

    @property
    def held_bytes(self) -> int:
        """Bytes of the tensors that the session keeps: frames, outputs and cached features."""
        kept = (self.state.processed_frames, self.state.output_dict_per_obj, self.state.cache)
        seen: dict[int, int] = {}
        for part in kept:
            _add_tensors(part, seen)
        return sum(seen.values())


def _add_tensors(value: Any, seen: dict[int, int]) -> None:
    """Adds the storages of all tensors in nested containers, by address."""
    if isinstance(value, Tensor):
        storage = value.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
    elif isinstance(value, dict):
        _add_tensors(list(value.values()), seen)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            _add_tensors(each, seen)
    elif hasattr(value, "__dict__"):
        _add_tensors(vars(value), seen)

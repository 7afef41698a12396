"""Weights cast once to the precision that autocast would cast them to in every call.

Autocast keeps its casts only where gradients are recorded; under inference mode it casts every
weight of a linear or convolutional layer anew in every frame, more than a gigabyte for the largest
model. Which operations run in which precision stays autocast's decision, so that no bit changes.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import nn

AUTOCAST = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
"""Layers whose weight and bias autocast casts, on every device."""

M = TypeVar("M", bound=nn.Module)


def cast_once(model: M, dtype: torch.dtype) -> M:
    """The model with the weights of those layers in `dtype`; the rest is shared with the model."""
    return _cast(model, dtype, {})


def _cast(module: M, dtype: torch.dtype, done: dict[nn.Module, nn.Module]) -> M:
    if module not in done:
        twin = copy.copy(module)
        twin._modules = {
            name: child if child is None else _cast(child, dtype, done)
            for name, child in module._modules.items()
        }
        if isinstance(module, AUTOCAST):
            twin._parameters = {
                name: weight
                if weight is None
                else nn.Parameter(weight.to(dtype), requires_grad=False)
                for name, weight in module._parameters.items()
            }
        done[module] = twin
    return done[module]  # type: ignore[return-value]

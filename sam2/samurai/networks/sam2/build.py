"""A SAM 2.1 from its configuration.

Models are built from YAML by Hydra's `instantiate` alone; nothing here composes, or depends on
Hydra's global state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

from samurai.errors import ConfigurationError
from samurai.networks.sam2.dependency import import_sam2, require_sam2

if TYPE_CHECKING:
    from sam2.modeling.sam2_base import SAM2Base as SAM2Base

STABILITY_FALLBACK = {
    "dynamic_multimask_via_stability": True,
    "dynamic_multimask_stability_delta": 0.05,
    "dynamic_multimask_stability_thresh": 0.98,
}
"""Options that SAM 2's own video predictor adds to its configurations: where the single mask
changes too much with the threshold, the decoder answers with the best of its three candidates."""


def configuration_file(name: str) -> Path:
    """The YAML file of that name: ours, else the installed sam2's; a path is returned as it is.

    Raises:
        ConfigurationError: there is none.
    """
    ours = Path(__file__).resolve().parent / "configs"
    for folder in (ours, require_sam2() / "configs"):
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(
        f"the configuration {name} is neither in {ours} nor in the installed sam2"
    )


def build_model(
    configuration: Path | Mapping[str, Any], changes: Mapping[str, Any] | None = None
) -> SAM2Base:
    """A model with random weights, in evaluation mode, on the CPU, in float32.

    Args:
        configuration: a YAML file in the form of sam2's own (one top key, `model`), or that content
            as a mapping. The video predictor's stability fallback is added unless the configuration
            sets it.
        changes: values that replace the configuration's or are added to it: `{"_target_": ...}`
            builds another class than the configuration names.

    Raises:
        ConfigurationError: no SAM 2 can be built from it.
        DependencyError: sam2 isn't installed properly.
    """
    import_sam2()  # before these imports, because its message is better than theirs
    from hydra.errors import InstantiationException
    from hydra.utils import instantiate
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from sam2.modeling.sam2_base import SAM2Base as SAM2Base
    from yaml import YAMLError

    source = str(configuration) if isinstance(configuration, Path) else "the given mapping"
    reasons = (OSError, TypeError, YAMLError, OmegaConfBaseException, InstantiationException)
    try:
        if isinstance(configuration, Path):
            node = OmegaConf.load(configuration)
        else:
            node = OmegaConf.create(dict(configuration))
        defaults = {"model": {"sam_mask_decoder_extra_args": STABILITY_FALLBACK}}
        node = OmegaConf.merge(defaults, node, {"model": dict(changes or {})})
        model = instantiate(node.model, _convert_="all")
    except reasons as error:
        why = " ".join(str(error).split())
        raise ConfigurationError(f"no model can be built from {source}: {why}") from error
    if not isinstance(model, SAM2Base):
        raise ConfigurationError(f"{source} describes a {type(model).__name__}, not a SAM2Base")
    return model.eval()


class no_random_fill(TorchFunctionMode):
    """Skip random initialization, which takes most of the time of building a large model.

    For models whose every parameter is overwritten by a strict load.
    """

    FILLS = frozenset(
        (
            torch.nn.init.trunc_normal_,
            torch.nn.init.kaiming_uniform_,
            torch.nn.init.xavier_uniform_,
            torch.Tensor.normal_,
            torch.Tensor.uniform_,
            torch.Tensor.erfinv_,
        )
    )

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in self.FILLS:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))

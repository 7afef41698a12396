"""Modules as they are: for every device, precision and size."""

from __future__ import annotations

from samurai.networks.base import VideoNetwork
from samurai.networks.sam2.modules import NetworkModules


def prepare(network: VideoNetwork, modules: NetworkModules, objects: int) -> NetworkModules:
    """The modules themselves, see `execution.Backend`."""
    return modules

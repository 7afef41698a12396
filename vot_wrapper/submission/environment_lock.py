"""The installed distributions as a requirements file: the environment of a submission."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re

import torch


def lock(device: str) -> str:
    """Every installed distribution with its version, after comments on Python, torch and device.

    Distributions from a folder or a repository are marked; no path of this machine is named.

    Args:
        device: what the tracker's settings say, for example `auto` or `cuda:0`.
    """
    head = [
        f"# Python {platform.python_version()} ({platform.python_implementation()}), "
        f"{platform.system()} {platform.machine()}",
        f"# torch {torch.__version__}, built for {_build()}",
        f"# device: {device}; found here: {_found()}",
    ]
    lines: dict[str, str] = {}
    for each in importlib.metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"] or "").lower()
        if name:  # the first one found is the one imported
            lines.setdefault(name, _line(each))
    return "\n".join([*head, *sorted(lines.values(), key=str.lower)]) + "\n"


def _build() -> str:
    if torch.version.cuda is not None:
        return f"CUDA {torch.version.cuda}"
    if torch.version.hip is not None:
        return f"ROCm {torch.version.hip}"
    return "CPU" if platform.system() != "Darwin" else "CPU and MPS"


def _found() -> str:
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return ", ".join(names)
    return "MPS" if torch.backends.mps.is_available() else "CPU only"


def _line(distribution: importlib.metadata.Distribution) -> str:
    pinned = f"{distribution.metadata['Name']}=={distribution.version}"
    source = _source(distribution)
    return f"{pinned}  # {source}" if source else pinned


def _source(distribution: importlib.metadata.Distribution) -> str:
    """Where a distribution came from, if not from an index (PEP 610)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return ""
    if "vcs_info" in origin:
        commit = origin["vcs_info"].get("commit_id", "")
        address = re.sub(r"//[^/@]*@", "//", origin["url"])  # without a user's name and password
        if not address.startswith("file:"):
            return f"{address} {commit}".strip()
    return "from a local folder or file" if origin.get("url", "").startswith("file:") else ""

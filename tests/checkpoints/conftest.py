"""A small architecture, a card for it, and a server on this machine that misbehaves on demand."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from samurai.models.manifest import ModelCard
from samurai.networks.sam2.build import build_model, configuration_file


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def micro() -> dict[str, Any]:
    """nano with a quarter of its width and a Hiera: a complete SAM 2.1 of 0.7 M parameters."""
    node = OmegaConf.load(configuration_file("nano.yaml")).model
    attention = {"d_model": 32, "dim_feedforward": 64}
    changes = {
        "image_size": 128,
        "image_encoder": {
            "trunk": {
                "_target_": "sam2.modeling.backbones.hieradet.Hiera",
                "embed_dim": 8,
                "num_heads": 1,
                "stages": [1, 2, 3, 1],
                "global_att_blocks": [4, 5],
                "window_spec": [8, 4, 10, 5],
                "window_pos_embed_bkg_spatial_size": [7, 7],
            },
            "neck": {
                "d_model": 32,
                "backbone_channel_list": [64, 32, 16, 8],
                "position_encoding": {"num_pos_feats": 32},
            },
        },
        "memory_attention": {
            "d_model": 32,
            "layer": attention
            | {
                "self_attention": {"embedding_dim": 32},
                "cross_attention": {"embedding_dim": 32, "kv_in_dim": 16},
            },
        },
        "memory_encoder": {
            "in_dim": 32,
            "out_dim": 16,
            "position_encoding": {"num_pos_feats": 16},
            "mask_downsampler": {"embed_dim": 32},
            "fuser": {"layer": {"dim": 32}},
        },
    }
    merged = OmegaConf.to_container(OmegaConf.merge(node, changes), resolve=True)
    return {"model": merged}


@pytest.fixture(scope="session")
def micro_checkpoint(micro: dict[str, Any]) -> bytes:
    """A checkpoint file of the small architecture, in the form of the official ones."""
    torch.manual_seed(0)
    buffer = io.BytesIO()
    torch.save({"model": build_model(micro).state_dict()}, buffer)
    return buffer.getvalue()


@pytest.fixture()
def micro_card(
    tmp_path: Path, micro: dict[str, Any], micro_checkpoint: bytes
) -> Callable[..., ModelCard]:
    """Makes cards of the small architecture; its configuration lies in the test's folder."""
    configuration = tmp_path / "micro.yaml"
    OmegaConf.save(OmegaConf.create(micro), configuration)

    def card(**changes: Any) -> ModelCard:
        values: dict[str, Any] = {
            "name": "micro",
            "file": "micro.pt",
            "configuration": str(configuration),
            "bytes": len(micro_checkpoint),
            "box_prompt": "points",
            "motion_weight": 0.25,
            "url": "https://weights.example/micro.pt",
        }
        return ModelCard(**(values | changes))

    return card


@dataclass
class Host:
    """What the server does next, and what it was asked."""

    content: bytes = b""
    ranges: bool = True  # False: answers every request with the whole file
    stated_length: int | None = -1  # -1: the true one; None: states no length at all
    break_after: list[int] = field(default_factory=list)  # bytes of each body, then the line drops
    statuses: list[int] = field(default_factory=list)  # answers before it begins to serve
    shift: int = 0  # how far a Range's answer misses the asked position
    address: str = ""
    asked: list[str | None] = field(default_factory=list)  # the Range of each request

    @property
    def url(self) -> str:
        return f"{self.address}/micro.pt"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        host, asked = self.host, self.headers.get("Range")
        host.asked.append(asked)
        self.close_connection = True
        if host.statuses:
            self._head(host.statuses.pop(0), {"Content-Length": "0"})
            return
        total = len(host.content) if host.stated_length == -1 else host.stated_length
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and host.ranges else 0
        if start >= len(host.content):
            self._head(416, {"Content-Range": f"bytes */{total}", "Content-Length": "0"})
            return
        start += host.shift if start else 0
        headers = {} if total is None else {"Content-Length": str(total - start)}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(host.content) - 1}/{total or '*'}"
        self._head(206 if start else 200, headers)
        limit = host.break_after.pop(0) if host.break_after else len(host.content)
        self.wfile.write(host.content[start : start + limit])

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()


@pytest.fixture()
def host(micro_checkpoint: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A server on 127.0.0.1 that offers the small checkpoint."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    host = Host(content=micro_checkpoint)
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield host
    server.shutdown()
    thread.join()
    server.server_close()

"""`samurai evaluate --workers`: the same files as one by one, and a worker that is killed.

Needs Ray (`make setup EXTRAS=distributed`), which the lock leaves out for its size.
"""

from __future__ import annotations

import builtins
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Evaluate = Callable[..., tuple[int, str]]
MakeWorkspace = Callable[..., Path]


def files_of(workspace: Path) -> dict[str, bytes]:
    """All result files but the times."""
    results = workspace / "results"
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not path.name.endswith("_time.value")
    }


def test_without_ray_the_remedy_is_named(
    make_workspace: MakeWorkspace, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def hidden(name: str, *rest: object, **more: object) -> object:
        if name == "ray":
            raise ImportError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", hidden)
    code, printed = evaluate("scripted", "--workspace", make_workspace(), "--workers", 2)
    assert code == 2 and "make setup EXTRAS=distributed" in printed


@pytest.mark.slow
def test_workers_write_what_a_run_by_hand_writes(
    make_workspace: MakeWorkspace, evaluate: Evaluate
) -> None:
    pytest.importorskip("ray")
    alone = make_workspace(name="alone", realtime=True)
    shared = make_workspace(name="shared", realtime=True)
    assert evaluate("scripted", "--workspace", alone)[0] == 0
    code, printed = evaluate("scripted", "--workspace", shared, "--workers", 2)
    assert code == 0, printed
    assert "4 sequences on 2 workers" in printed and "realtime measures the clock" in printed
    ours, theirs = files_of(shared), files_of(alone)
    assert {name for name in theirs if "realtime" not in name} == {
        name for name in ours if "realtime" not in name
    }
    for name, content in theirs.items():
        if "realtime" not in name:
            assert ours[name] == content, name
    again, printed = evaluate("scripted", "--workspace", shared, "--workers", 2)
    assert again == 0 and "0 sequences on 1 workers, 4 are kept" in printed


@pytest.mark.slow
def test_a_killed_worker_is_replaced(make_workspace: MakeWorkspace, evaluate: Evaluate) -> None:
    pytest.importorskip("ray")
    workspace = make_workspace()
    killed: list[int] = []

    def kill_first_worker() -> None:
        deadline = time.monotonic() + 60
        while not killed and time.monotonic() < deadline:
            found = subprocess.run(
                ["pgrep", "-f", "ray::WorkerActor.run"], capture_output=True, text=True, check=False
            )
            for word in found.stdout.split()[:1]:
                os.kill(int(word), signal.SIGKILL)
                killed.append(int(word))
            time.sleep(0.02)

    hunter = threading.Thread(target=kill_first_worker)
    hunter.start()
    code, printed = evaluate("scripted", "--workspace", workspace, "--workers", 2)
    hunter.join()
    assert killed and "retrying on another worker" in printed
    assert code == 0, printed

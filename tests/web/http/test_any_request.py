"""Whatever a client sends: no error of the server, and answers as OpenAPI says."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="the extra test-web isn't installed")
pytest.importorskip("fastapi", reason="the extra web isn't installed")

from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from oracles.web_server import clip, served, service_of, session, upload  # noqa: E402
from schemathesis.checks import CHECKS, load_all_checks  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

load_all_checks()
positive_data_acceptance: Any = CHECKS.get_one("positive_data_acceptance")
negative_data_rejection: Any = CHECKS.get_one("negative_data_rejection")

SECONDS = float(os.environ.get("WEB_SECONDS", "60"))
"""That the longer test takes; `make test-all` sets it."""

FEW = settings(
    max_examples=2,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("any")
    with served(folder, max_upload_mib=1, max_sessions=100, allowed_hosts="testserver") as found:
        session(found, upload(found, clip(folder))["id"])
        yield found


def _without_life(app: ASGIApp) -> ASGIApp:
    """The app, which another client has started and will end."""

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    return called


def _machine(client: TestClient) -> Any:
    schema = schemathesis.openapi.from_asgi("/openapi.json", _without_life(client.app))
    machine: Any = schema.as_state_machine()

    class Machine(machine):  # type: ignore[misc]
        """Values that fit the schema may still be refused: a text is no video."""

        def validate_response(self, response: Any, case: Any, *_: Any, **more: Any) -> None:
            excluded = [positive_data_acceptance]
            if "upload" in case.path:  # a form has texts, and an empty one is none
                excluded.append(negative_data_rejection)
            case.validate_response(response, excluded_checks=excluded, **more)

    return Machine


def test_sequences_of_requests(client: TestClient) -> None:
    _machine(client).run(settings=FEW)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_any_sequences_for_minutes(client: TestClient) -> None:
    """Others in every run; sessions are closed in between, before they are too many."""
    machine, end = _machine(client), time.monotonic() + SECONDS
    many = settings(FEW, max_examples=10, stateful_step_count=20, derandomize=False)
    while time.monotonic() < end:
        machine.run(settings=many)
        engine = service_of(client).engine
        for each in engine.sessions():
            engine.close_session(each.session_id)

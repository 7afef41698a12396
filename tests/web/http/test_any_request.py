"""Whatever a client sends: no error of the server, and answers as OpenAPI says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="the extra test-web isn't installed")
pytest.importorskip("fastapi", reason="the extra web isn't installed")

from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from oracles.web_server import clip, served, session, upload  # noqa: E402
from schemathesis.checks import CHECKS, load_all_checks  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

load_all_checks()
positive_data_acceptance: Any = CHECKS.get_one("positive_data_acceptance")

pytestmark = pytest.mark.slow

FEW = settings(
    max_examples=12,
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
    with served(folder, max_upload_mib=1, allowed_hosts="testserver") as found:
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


def test_sequences_of_requests(client: TestClient) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", _without_life(client.app))
    machine: Any = schema.as_state_machine()

    class Machine(machine):  # type: ignore[misc]
        """Values that fit the schema may still be refused: a text is no video."""

        def validate_response(self, response: Any, case: Any, *_: Any, **more: Any) -> None:
            excluded = [positive_data_acceptance]
            case.validate_response(response, excluded_checks=excluded, **more)

    Machine.run(settings=FEW)

"""Who may call a server, and what a browser is told."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.web_server import BASE, clip, served, service_of, upload
from starlette.testclient import TestClient

from samurai.cli import web
from samurai.errors import ConfigurationError
from samurai.painting.pages import palette
from samurai.web.security import host_name, is_loopback
from samurai.web.serving import address_of, listen

TOKEN = "a secret; ü"
OTHER = "https://lab.example"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    more: dict[str, Any] = {"allowed_origins": OTHER, "allowed_hosts": "gpu.example"}
    with served(tmp_path_factory.mktemp("guard"), ready=False, **more) as found:
        yield found


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with served(tmp_path_factory.mktemp("token"), ready=False, token=TOKEN) as found:
        yield found


def test_only_this_machine_by_default() -> None:
    assert web.HOST == "127.0.0.1"
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("0.0.0.0") and not is_loopback("gpu.example")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", "", "[::2]", "localhost@x:"]
)
def test_a_foreign_host(client: TestClient, host: str) -> None:
    """A page whose name was rebound to this machine."""
    for method, path in (("GET", "/health"), ("POST", "/sessions"), ("GET", "/")):
        assert client.request(method, path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "gpu.example:80"]
)
def test_own_hosts(client: TestClient, host: str) -> None:
    assert client.get("/videos", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:9999", "https://lab.example.evil.example"],
)
def test_a_foreign_page(client: TestClient, origin: str) -> None:
    for method, path in (("GET", "/videos"), ("POST", "/videos/sample"), ("OPTIONS", "/videos")):
        answer = client.request(method, path, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert service_of(client).library.all() == []


def test_a_foreign_page_without_an_origin(client: TestClient) -> None:
    """Images and scripts have none, but browsers say where they come from."""
    site = {"Sec-Fetch-Site": "cross-site"}
    image = {**site, "Sec-Fetch-Mode": "no-cors"}
    assert client.get("/videos", headers=image).status_code == 403
    link = {**site, "Sec-Fetch-Mode": "navigate"}
    assert client.get("/health", headers=link).status_code == 200
    assert client.post("/videos/sample", headers=link).status_code == 403


def test_allowed_pages(client: TestClient) -> None:
    own = client.get("/videos", headers={"Origin": BASE})
    assert own.status_code == 200 and "access-control-allow-origin" not in own.headers
    other = client.get("/videos", headers={"Origin": OTHER})
    assert other.headers["access-control-allow-origin"] == OTHER
    asked = {"Origin": OTHER, "Access-Control-Request-Method": "PATCH"}
    before = client.options("/sessions", headers=asked)
    assert before.status_code == 204
    assert "PATCH" in before.headers["access-control-allow-methods"]
    assert "origin" in before.headers["vary"].lower()


def test_a_token(secret: TestClient) -> None:
    for path in ("/", "/videos", "/docs", "/openapi.json", "/metrics", "/health", "/page/app.js"):
        answer = secret.get(path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert secret.get("/ready").status_code in (200, 503)
    for wrong in ("Bearer", "Bearer a", f"Basic {TOKEN}", "Bearer a secret"):
        head = {b"Authorization": wrong.encode()}
        assert secret.get("/videos", headers=head).status_code == 401
    assert secret.get("/videos", params={"token": TOKEN}).status_code == 200


def test_the_token_of_the_page_leaves_the_address(secret: TestClient) -> None:
    with TestClient(secret.app, base_url=BASE) as browser:
        first = browser.get("/", params={"token": TOKEN, "job": "1"}, follow_redirects=False)
        assert first.status_code == 303 and first.headers["location"] == "/?job=1"
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert browser.get("/videos").status_code == 200


def test_a_token_of_a_plain_kind(tmp_path: Path) -> None:
    with served(tmp_path, ready=False, token="abc") as client:
        head = {"Authorization": "Bearer abc"}
        assert client.get("/videos", headers=head).status_code == 200


def test_headers(client: TestClient) -> None:
    for path in ("/", "/videos", "/nothing", "/docs", "/docs/swagger/swagger-ui-bundle.js"):
        headers = client.get(path, follow_redirects=False).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/evil.mp4",
        "/etc/passwd",
        "..\\..\\evil.mp4",
        "a\x00b.mp4",
        "<b>x</b>",
        "x" * 999,
    ],
)
def test_names_of_files_are_only_shown(client: TestClient, tmp_path: Path, name: str) -> None:
    data = clip(tmp_path, 2).read_bytes()
    before = {each for each in tmp_path.rglob("*")}
    answer = client.post("/videos/upload", files={"file": (name, data, "video/mp4")})
    assert answer.status_code == 201
    video = answer.json()["video"]
    assert "/" not in video["filename"] and "\\" not in video["filename"]
    assert len(video["filename"]) <= 255
    root = service_of(client).settings.data_path
    found = [each for each in (root / "videos" / video["id"]).rglob("*")]
    assert sorted(each.name for each in found) == ["meta.json", "original"]
    assert {each for each in tmp_path.rglob("*")} == before
    client.delete(f"/videos/{video['id']}")


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/%2e%2e/app.py", "/page//etc/passwd"])
def test_the_page_serves_its_own_files_only(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


def test_a_server_in_a_folder_that_another_one_uses(tmp_path: Path) -> None:
    with served(tmp_path, ready=False) as client:
        other = service_of(client).__class__(service_of(client).settings, lambda: None, "", "")  # type: ignore[arg-type,return-value]
        with pytest.raises(ConfigurationError):
            other.prepare()


def test_a_port_in_use() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert address_of(taken, "127.0.0.1") == f"http://127.0.0.1:{port}"
        with pytest.raises(ConfigurationError):
            listen("127.0.0.1", port)
    with pytest.raises(ConfigurationError):
        listen("nothing.invalid", 0)


def test_names_in_host_headers() -> None:
    assert host_name("[::1]:80") == "::1" and host_name("A.b.:1") == "a.b"
    assert host_name("[::1") == "" and host_name("") == ""


def test_a_restart_finds_uploads_and_removes_what_was_cut_off(tmp_path: Path) -> None:
    with served(tmp_path, ready=False) as client:
        video = upload(client, clip(tmp_path, 3))
    videos = tmp_path / "data" / "videos"
    (videos / ("a" * 32)).mkdir()
    (videos / ("a" * 32) / "original").write_bytes(b"x")
    (tmp_path / "data" / "exports").mkdir(exist_ok=True)
    (tmp_path / "data" / "exports" / "left").write_bytes(b"x")
    with served(tmp_path, ready=False) as client:
        assert [each["id"] for each in client.get("/videos").json()["items"]] == [video["id"]]
        assert client.get(f"/videos/{video['id']}/frames/2").status_code == 200
        assert os.listdir(videos) == [video["id"]]
    assert not (tmp_path / "data" / "exports").exists()


def test_uploads_that_nobody_uses_expire(tmp_path: Path) -> None:
    with served(tmp_path, ready=False, video_ttl_sec=100.0) as client:
        video = upload(client, clip(tmp_path, 3))["id"]
        library = service_of(client).library
        now = library.now()
        library._clock = lambda: now + 99
        assert library.expire() == []
        library.hold(video)
        library._clock = lambda: now + 500
        assert library.expire() == []
        library.release(video)
        assert library.expire() == []
        library._clock = lambda: now + 601
        assert library.expire() == [video]
        assert client.get(f"/videos/{video}").status_code == 404


def test_a_socket_is_closed_where_it_cannot_listen() -> None:
    with pytest.raises(ConfigurationError):
        listen("192.0.2.1", 0)
    assert socket.getdefaulttimeout() is None


def test_errors_say_nothing_of_this_machine(client: TestClient) -> None:
    answer = client.post("/videos/upload", files={"file": ("a.mp4", b"x" * 99, "video/mp4")})
    text = json.dumps(answer.json())
    assert str(service_of(client).settings.data_path) not in text and "original" not in text


def test_the_page_and_all_that_it_names_is_served(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    named = re.findall(r'(?:href|src)="(page/[\w./-]+)"', page.text)
    assert {"page/palette.css", "page/style.css", "page/main.js"} <= set(named)
    answers = {name: client.get(f"/{name}") for name in named}
    assert {name for name, answer in answers.items() if answer.status_code != 200} == set()
    assert answers["page/palette.css"].text == palette()
    assert answers["page/palette.css"].headers["content-type"].startswith("text/css")

"""Who may call: host, origin, token; how much a request may bring; what a browser may do.

A server on loopback can be reached from any page that its user opens, so a request has to name a
host that is this server's (DNS rebinding), and must not come from a foreign page.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samurai.web.problems import Forbidden, ReadOnly, TooLarge, Unauthorized, WebError
from samurai.web.settings import WebSettings, names_in

COOKIE = "samurai_token"
"""Holds the token after `/?token=...`, for images and modules of the page."""

BODY_LIMIT = 8 << 20
"""Bytes of a body that isn't an upload: the largest is a mask."""

BODY_SECONDS = 60.0
"""That such a body may take."""

UPLOADS = ("/videos/upload", "/videos/upload-frames")
"""Paths with limits of their own."""

WITHOUT_TOKEN = ("/ready",)
"""For health checks: it says nothing of anybody's data."""

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Of the page: nothing from elsewhere, nothing inline."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ALLOWED_METHODS = "GET, POST, PATCH, DELETE, OPTIONS"
_ALLOWED_HEADERS = "authorization, content-type"


class Guard:
    """ASGI middleware that answers a refused request itself.

    Args:
        app: what is guarded.
        settings: token, origins, further hosts.
        host: the address or name that the server listens on.
        read_only: whatever would change something is refused.
    """

    def __init__(
        self, app: ASGIApp, settings: WebSettings, host: str, read_only: bool = False
    ) -> None:
        self._app, self._token, self._read_only = app, settings.token or None, read_only
        self._origins = {each.lower().rstrip("/") for each in names_in(settings.allowed_origins)}
        names = (*_LOOPBACK, host, *names_in(settings.allowed_hosts))
        self._hosts = {each.strip("[]").lower() for each in names}
        self._any_address = not is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = self._foreign_origin(headers)
        send = self._with_headers(scope, send, origin)
        try:
            self._check_host(headers)
            self._check_origin(scope, headers)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await _answer(send, 204, b"", {})
                return
            if await self._token_of_page(scope, send):
                return
            self._check_token(scope, headers)
            if self._read_only and scope["method"] not in ("GET", "HEAD"):
                raise ReadOnly("this server only shows; start samurai web to change something")
            if scope["path"] not in UPLOADS:
                receive = _limited(headers, receive)
        except WebError as error:
            await refuse(send, error)
            return
        await _guarded(self._app, scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        named = headers.getlist("host")
        name = host_name(named[0]) if len(named) == 1 else ""
        if name in self._hosts or (self._any_address and _is_address(name)):
            return
        raise Forbidden(
            f"this server isn't called {name[:80]!r}; call it by its own name, or add that name to "
            "SAMURAI_ALLOWED_HOSTS"
        )

    def _foreign_origin(self, headers: Headers) -> str | None:
        """An allowed origin other than this server's."""
        origin = headers.get("origin", "").lower()
        return origin if origin in self._origins else None

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None:
            own = urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
            if (own and origin.lower() != "null") or origin.lower() in self._origins:
                return
        elif not _from_another_site(scope, headers):
            return
        raise Forbidden(
            "another page may not call this server; open its own page, or add the page's address "
            "to SAMURAI_ALLOWED_ORIGINS"
        )

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        if self._token is None or scope["path"] in WITHOUT_TOKEN:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        texts = [given.strip()] if scheme.lower() == "bearer" else []
        texts += [_cookie(headers), _query(scope).get("token", "")]
        if not any(self._is_token(each) for each in texts):
            raise Unauthorized(
                "the token is missing or wrong; send Authorization: Bearer TOKEN, or open the page "
                "with ?token=TOKEN"
            )

    async def _token_of_page(self, scope: Scope, send: Send) -> bool:
        """Turn `/?token=...` into a cookie, so that the token leaves the address; whether it
        did."""
        query = _query(scope)
        if (
            self._token is None
            or scope["path"] != "/"
            or not self._is_token(query.pop("token", ""))
        ):
            return False
        flags = "; Path=/; HttpOnly; SameSite=Strict"
        flags += "; Secure" if scope.get("scheme") == "https" else ""
        cookie = SimpleCookie({COOKIE: self._token})[COOKIE].OutputString() + flags
        place = f"/?{urlencode(query)}" if query else "/"
        await _answer(send, 303, b"", {"Location": place, "Set-Cookie": cookie})
        return True

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), (self._token or "").encode())

    def _with_headers(self, scope: Scope, send: Send, origin: str | None) -> Send:
        """Adds what browsers are told."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault(
                    "Cross-Origin-Resource-Policy", "cross-origin" if origin else "same-origin"
                )
                headers.add_vary_header("Origin")
                if origin is not None:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Methods"] = _ALLOWED_METHODS
                    headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
                    headers["Access-Control-Max-Age"] = "600"
            await send(message)

        return sending


def is_loopback(host: str) -> bool:
    """Whether a server that listens there can only be reached from its own machine."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets; empty if it is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


async def refuse(send: Send, error: WebError) -> None:
    """Answer with an error."""
    more = {"Connection": "close"} if error.status in (408, 413) else {}
    if error.status == 401:
        more["WWW-Authenticate"] = "Bearer"
    body = json.dumps({"detail": str(error)}).encode()
    await _answer(send, error.status, body, {"Content-Type": "application/json", **more})


async def _answer(send: Send, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    raw = MutableHeaders(headers)
    raw["Content-Length"] = str(len(body))
    await send({"type": "http.response.start", "status": status, "headers": raw.raw})
    await send({"type": "http.response.body", "body": body})


class _BodyRefused(WebError):
    """Raised where the body is read; answered by the guard, whatever reads it."""


def _limited(headers: Headers, receive: Receive) -> Receive:
    """Counts the bytes of a body, and waits for them only so long."""
    said = headers.get("content-length", "")
    if said.isdecimal() and int(said) > BODY_LIMIT:
        raise _too_large()
    total, more = 0, True
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receiving() -> Message:
        nonlocal total, more
        if not more:
            return await receive()  # until the client goes away
        left = deadline - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, left))
        except TimeoutError:
            slow = _BodyRefused("the request took too long to arrive; send it again")
            slow.status = 408
            raise slow from None
        total += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
        if total > BODY_LIMIT:
            large = _BodyRefused(str(_too_large()))
            large.status = TooLarge.status
            raise large
        return message

    return receiving


async def _guarded(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call the app; a body that was refused is answered as that, though FastAPI takes every error
    of a body for a malformed one."""
    refused: list[_BodyRefused] = []
    begun = False

    async def receiving() -> Message:
        try:
            return await receive()
        except _BodyRefused as error:
            refused.append(error)
            raise

    async def sending(message: Message) -> None:
        nonlocal begun
        if refused and not begun:
            return
        begun = True
        await send(message)

    with contextlib.suppress(_BodyRefused):
        await app(scope, receiving, sending)
    if refused and not begun:
        await refuse(send, refused[0])


def _too_large() -> TooLarge:
    return TooLarge(f"a request may have {BODY_LIMIT >> 20} MiB; send less at once")


def _from_another_site(scope: Scope, headers: Headers) -> bool:
    """Whether a browser says so; following a link to the page is allowed."""
    if headers.get("sec-fetch-site") not in ("cross-site", "same-site"):
        return False
    return not (scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _query(scope: Scope) -> dict[str, str]:
    parsed = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return {name: values[-1] for name, values in parsed.items()}

"""Finds secrets and paths of this machine in a tracker's section of trackers.ini.

`vot pack` copies the whole section, with every `env_*` expanded, into the archive's manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from samurai.cli.finding import Finding

_SECRET_WORDS = {"KEYS", "TOKENS", "SECRETS", "PASSWORDS", "PASSPHRASE", "PASS", "CREDENTIAL"}
_SECRET_WORDS |= {"CREDENTIALS", "AUTH", "AUTHORIZATION", "COOKIE", "COOKIES"}
_SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD")  # APIKEY, DBPASSWORD
_SWITCHES = frozenset(("", "0", "1", "true", "false", "yes", "no", "on", "off", "none"))

_CREDENTIALS = {
    "an AWS access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{16,}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}",
    "an API key": r"\b(sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|\bAIza[A-Za-z0-9_-]{30,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a password in an address": r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@",
}
_RANDOM = re.compile(r"[A-Za-z0-9+_-]{32,}")

# Where a path may begin: not inside an address (https://host/path), nor after a name.
_BEGIN = r"(?:^|(?<=[\s=:,;\"'\[(]))"
_HOME = re.compile(
    _BEGIN + r"(?:~[\w.-]*(?:[/\\]|$)|/(?:home|Users)/[^/\s]+|/root(?=/|$)|[A-Za-z]:\\Users\\)"
)
_ABSOLUTE = re.compile(_BEGIN + r"(?:/(?!/)[\w.+-]+|[A-Za-z]:\\)")


def find_secrets(section: Mapping[str, Any], where: str, home: Path) -> list[Finding]:
    """Findings about values of a section that shouldn't be published.

    Args:
        section: the tracker as the manifest describes it: `command`, `paths`, ..., and under `env`
            and `arguments` the variables.
        where: what to call the section.
        home: the home directory of the user who packs.

    Returns:
        Problems for secrets and home directories, warnings for what merely looks like a secret
        and for other absolute paths. No message repeats a value that might be secret.
    """
    problems = []
    for name, value in _flatten(section):
        if value:
            problems += _secret(name, value, where) or _path(name, value, where, home)
    return problems


def _flatten(section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Settings by the names that they have in trackers.ini."""
    prefixes = {"env": "env_", "arguments": "arg_"}
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from ((f"{prefixes.get(name, '')}{key}", str(v)) for key, v in value.items())
        elif value is not None:
            yield name, str(value)


def _secret(name: str, value: str, where: str) -> list[Finding]:
    words = re.split(r"[^A-Z0-9]+", name.upper())
    named = any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS) for word in words)
    remedy = (
        f"take {name} out of the section and export it in the shell instead (the results stay "
        "valid); it has been in a file, so renew it if that file was ever shared"
    )
    if named and value.lower() not in _SWITCHES:
        return [Finding("FAIL", where, f"{name} has the name of a secret", remedy)]
    for kind, pattern in _CREDENTIALS.items():
        if re.search(pattern, value):
            return [Finding("FAIL", where, f"{name} holds what looks like {kind}", remedy)]
    if any(_is_random(run) for run in _RANDOM.findall(value)):
        what = f"{name} holds a long random value, as secrets do"
        return [Finding("WARN", where, what, f"if it is one, {remedy}")]
    return []


def _is_random(run: str) -> bool:
    """Whether letters and digits are mixed as in random text."""
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(run))
    return changes >= len(run) // 6


def _path(name: str, value: str, where: str, home: Path) -> list[Finding]:
    if name.startswith("env_"):
        remedy = f"take {name} out of the section and export it in the shell instead"
    elif name == "python":
        remedy = "take `python` out of the section while you pack: only a run needs it"
    else:
        remedy = f"write {name} relative to trackers.ini, or as a command on the PATH"
    remedy += "; the results stay valid"
    at_home = home != home.parent and re.search(
        _BEGIN + re.escape(str(home)) + r"(?=$|[/\\:;,\s\"'])", value
    )
    if at_home or _HOME.search(value):
        return [Finding("FAIL", where, f"{name} = {value} names a home directory", remedy)]
    if _ABSOLUTE.search(value):
        what = f"{name} = {value} names a folder of this machine"
        return [Finding("WARN", where, what, remedy)]
    return []

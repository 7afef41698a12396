"""The tracker process's settings: `SAMURAI_*` environment variables, read once, checked at start.

The toolkit passes them on from trackers.ini (`env_SAMURAI_MODEL = large`). An unset or empty
variable means the default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from samurai.errors import ConfigurationError

PREFIX = "SAMURAI_"
# Read elsewhere (samurai.manifest, samurai.motion).
_OTHER_VARIABLES = {
    "SAMURAI_CHECKPOINTS": "folder of the downloaded weights",
    "SAMURAI_COTRACKER": "weights of CoTracker3, for SAMURAI_POINTS=cotracker",
    "SAMURAI_RAFT": "weights of torchvision's raft_small, for SAMURAI_FLOW=raft",
}

_INITS = ("region", "box")
_OBJECTS = ("simultaneous", "sequential")
_OVERLAPS = ("allowed", "none")
_OUTPUTS = ("auto", "mask", "rectangle")
_SPEEDS = ("exact", "fast", "max")
_DTYPES = ("auto", "float32", "bfloat16", "float16")
_MOST_SLIPS = 2
_DEVICES = "auto, cpu, cuda, cuda:<number>, mps"
_DEVICE_PATTERN = re.compile(r"auto|cpu|cuda(:\d+)?|mps")


@dataclass(frozen=True)
class Settings:
    """What the environment chose.

    Attributes:
        model: `SAMURAI_MODEL`, a name from checkpoints/manifest.toml.
        policy: `SAMURAI_POLICY`, which memory policy decides.
        device: `SAMURAI_DEVICE`: auto, cpu, cuda, cuda:<number> or mps.
        dtype: `SAMURAI_DTYPE`: auto, float32, bfloat16 or float16.
        speed: `SAMURAI_SPEED`: the bits of the installed sam2 (exact), or less arithmetic and other
            kernels within a tolerance (fast, max), see `samurai.speed`.
        init: `SAMURAI_INIT`: an initial region is taken as given (region) or reduced to its
            min/max box (box).
        output: `SAMURAI_OUTPUT`: answers are masks, rectangles, or (auto) of the kind that the
            object's initial region had: a rectangle for a rectangle, else a mask.
        objects: `SAMURAI_OBJECTS`: all objects of a sequence at once (simultaneous), or as a
            single-object tracker that the toolkit runs once per object (sequential).
        overlap: `SAMURAI_OVERLAP`: masks of different objects may share pixels (allowed), or each
            pixel goes to the surest of them (none).
        points: `SAMURAI_POINTS`: what follows points, for policies that look at pictures.
        flow: `SAMURAI_FLOW`: what measures dense flow, likewise.
        log: `SAMURAI_LOG`: file to which the process's log is appended. None: the log is kept in a
            temporary file, and its end is handed to the toolkit when the process fails.
    """

    model: str = "nano"
    policy: str = "samurai"
    device: str = "auto"
    dtype: str = "auto"
    speed: str = "exact"
    init: str = "region"
    output: str = "auto"
    objects: str = "simultaneous"
    overlap: str = "allowed"
    points: str = "lucas-kanade"
    flow: str = "dis"
    log: Path | None = None

    def __str__(self) -> str:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment.

    Raises:
        ConfigurationError: a variable's value isn't allowed; the message lists those that are.
    """
    from samurai.manifest import model_names
    from samurai.motion.flow import FLOWS
    from samurai.motion.points import POINT_TRACKERS
    from samurai.policies import policy_names

    given = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
    defaults = Settings()
    return Settings(
        model=_choice(given, "SAMURAI_MODEL", defaults.model, model_names()),
        policy=_choice(given, "SAMURAI_POLICY", defaults.policy, policy_names()),
        device=_device(given.get("SAMURAI_DEVICE") or defaults.device),
        dtype=_choice(given, "SAMURAI_DTYPE", defaults.dtype, _DTYPES),
        speed=_choice(given, "SAMURAI_SPEED", defaults.speed, _SPEEDS),
        init=_choice(given, "SAMURAI_INIT", defaults.init, _INITS),
        output=_choice(given, "SAMURAI_OUTPUT", defaults.output, _OUTPUTS),
        objects=_choice(given, "SAMURAI_OBJECTS", defaults.objects, _OBJECTS),
        overlap=_choice(given, "SAMURAI_OVERLAP", defaults.overlap, _OVERLAPS),
        points=_choice(given, "SAMURAI_POINTS", defaults.points, POINT_TRACKERS),
        flow=_choice(given, "SAMURAI_FLOW", defaults.flow, FLOWS),
        log=_log(given.get("SAMURAI_LOG", "")),
    )


def describe() -> str:
    """Every variable with its default and what it may be, a line each."""
    from samurai.manifest import model_names
    from samurai.motion.flow import FLOWS
    from samurai.motion.points import POINT_TRACKERS
    from samurai.policies import policy_names

    allowed = {
        "model": ", ".join(model_names()),
        "policy": ", ".join(policy_names()),
        "device": _DEVICES,
        "dtype": ", ".join(_DTYPES),
        "speed": f"{', '.join(_SPEEDS)}: sam2's bits, or masks within a tolerance, sooner",
        "init": f"{', '.join(_INITS)}: initial regions as given, or reduced to their box",
        "output": f"{', '.join(_OUTPUTS)}: auto answers rectangles to a rectangle, else masks",
        "objects": f"{', '.join(_OBJECTS)}: all objects at once, or one run for each",
        "overlap": f"{', '.join(_OVERLAPS)}: may masks of different objects share pixels",
        "points": f"{', '.join(POINT_TRACKERS)}: follows points for him2sam and mosam",
        "flow": f"{', '.join(FLOWS)}: dense flow for mosam",
        "log": "a file's absolute path; a temporary file, shown after a failure, if unset",
    }
    defaults = Settings()
    lines = ["environment variables (default first):"]
    for name, text in allowed.items():
        default = getattr(defaults, name) or "unset"
        lines.append(f"  {PREFIX + name.upper():20} {default:12} {text}")
    lines += [f"  {name:20} {'unset':12} {text}" for name, text in _OTHER_VARIABLES.items()]
    return "\n".join(lines)


def variable_names() -> list[str]:
    """The names of all variables that are read."""
    return [*(PREFIX + name.upper() for name in Settings.__dataclass_fields__), *_OTHER_VARIABLES]


def given_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are read and set, with their values as they were written."""
    given = {name: environ.get(name, "").strip() for name in variable_names()}
    return {name: value for name, value in given.items() if value}


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """One sentence for every `SAMURAI_*` variable that nobody reads, with the likely name.

    So are names in small letters and those that are a slip away from a variable of ours.
    """
    known = variable_names()
    unknown = {
        name: misspelt(name)
        for name in sorted(environ)
        if name not in known and (name.upper().startswith(PREFIX) or misspelt(name))
    }
    return [
        f"{name} is not a setting and has no effect"
        + (f" (did you mean {meant}?)" if meant else _did_you_mean(name, known))
        for name, meant in unknown.items()
    ]


def misspelt(name: str) -> str | None:
    """The variable that a name misses by at most two letters, or by small ones; None for others.

    `SAMURAI_POLICI` is one; `SAMURAI_MODEL_SIZE`, which another program may read, is none.
    """
    known = variable_names()
    if name in known or not any(part in name.upper() for part in ("SAM", "RAI")):
        return None
    near = {each: _slips(name.upper(), each) for each in known}
    best = min(near, key=lambda each: near[each])
    return best if near[best] <= _MOST_SLIPS else None


def refuse_misspelt(environ: Mapping[str, str]) -> None:
    """Refuses an environment in which a setting is misspelt: it would be without effect.

    Raises:
        ConfigurationError: names each of them and what was meant.
    """
    slips = {name: meant for name in sorted(environ) if (meant := misspelt(name))}
    if slips:
        raise ConfigurationError(
            "; ".join(
                f"{name} is not a setting (did you mean {meant}?)" for name, meant in slips.items()
            )
            + ". Remedy: correct it in trackers.ini or the shell, or unset it"
        )


def _slips(one: str, other: str) -> int:
    """How many letters have to be put in, left out, exchanged or swapped with their neighbor to
    make one word of the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            least = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]


def _choice(given: Mapping[str, str], name: str, default: str, allowed: Iterable[str]) -> str:
    """The value of a variable that must be one of a few words."""
    value = given.get(name) or default
    allowed = tuple(allowed)
    if value not in allowed:
        raise ConfigurationError(
            f"{name}={value} is not allowed: it must be one of {', '.join(allowed)}"
            f"{_did_you_mean(value, allowed)}"
        )
    return value


def _device(value: str) -> str:
    """A device's name; whether this machine has it shows when the model is loaded."""
    if _DEVICE_PATTERN.fullmatch(value) is None:
        raise ConfigurationError(
            f"SAMURAI_DEVICE={value} is not allowed: it must be one of {_DEVICES}"
        )
    return value


def _log(value: str) -> Path | None:
    """The log file: absolute, because the toolkit's working folder for the process is deleted."""
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_absolute():
        raise ConfigurationError(f"SAMURAI_LOG={value} must be an absolute path (or start with ~)")
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigurationError(f"SAMURAI_LOG={value} must be a file in an existing folder")
    return path


def _did_you_mean(value: str, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(value, list(allowed), n=1)
    return f" (did you mean {close[0]}?)" if close else ""

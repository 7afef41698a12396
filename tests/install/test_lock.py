"""The lock files are complete, fit together and are what is installed."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from oracles.lending import SUBSTITUTES
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

HERE = (sys.version_info[0], sys.version_info[1])
PYTHONS = sorted({(3, 10), (3, 14), HERE})  # the oldest, the newest and this one

Python = tuple[int, int]
every_python = pytest.mark.parametrize("python", PYTHONS, ids="{0[0]}.{0[1]}".format)


def read_pins(file: Path, python: Python) -> dict[str, str]:
    """{name: version} of the lines that hold for a Python; every line is a pin."""
    pins: dict[str, str] = {}
    for line in file.read_text().splitlines():
        if text := line.split("#")[0].strip():
            requirement = Requirement(text)
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            if requirement.marker is None or requirement.marker.evaluate(environment(python)):
                name = canonicalize_name(requirement.name)
                assert name not in pins, f"{file.name}: {name} has two pins for one Python"
                pins[name] = specifier.version
    return pins


def locked(repository: Path, python: Python) -> dict[str, str]:
    """The pins of a set-up with this machine's build of torch."""
    pins = read_pins(repository / "requirements.lock", python)
    needs = metadata.requires("torch") or []
    if sys.platform == "linux" and any(need.startswith(("cuda", "nvidia")) for need in needs):
        pins |= read_pins(repository / "requirements-cuda.lock", python)
    return pins


def environment(python: Python) -> dict[str, str]:
    version = "{}.{}".format(*python)
    here = {key: str(value) for key, value in default_environment().items()}
    return here | {"python_version": version, "python_full_version": version + ".0"}


def needs(name: str, extras: set[str], python: Python) -> Iterator[Requirement]:
    """What a distribution requires, with some extras, on a version of Python."""
    for line in metadata.requires(name) or []:
        requirement = Requirement(line)
        surroundings = environment(python)
        if requirement.marker is None or any(
            requirement.marker.evaluate(surroundings | {"extra": extra}) for extra in {""} | extras
        ):
            yield requirement


def unmet(pins: dict[str, str], requirement: Requirement) -> str | None:
    wanted = canonicalize_name(requirement.name)
    name = SUBSTITUTES.get(wanted, wanted)
    if name is None:
        return None
    if name not in pins:
        return f"{requirement} is not in the lock"
    if not requirement.specifier.contains(pins[name], prereleases=True):
        return f"{requirement} is not met by {name} {pins[name]}"
    return None


@every_python
def test_every_requirement_of_every_pin_is_in_the_lock(repository: Path, python: Python) -> None:
    """Held by the metadata of what is installed here, for each Python that has the same pin."""
    pins = locked(repository, python)
    here = locked(repository, HERE)
    shared = {name for name, version in pins.items() if here.get(name) == version}
    extras: dict[str, set[str]] = {}
    for name in shared:
        for requirement in needs(name, set(), python):
            extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)

    problems = [
        f"{name}: {problem}"
        for name in sorted(shared)
        for requirement in needs(name, extras.get(name, set()), python)
        if (problem := unmet(pins, requirement))
    ]
    assert len(shared) > 50
    assert problems == []


@every_python
def test_every_pin_is_made_for_the_python(repository: Path, python: Python) -> None:
    here = locked(repository, HERE)
    unfit = []
    for name, version in locked(repository, python).items():
        supported = metadata.metadata(name)["Requires-Python"] if name in here else None
        if supported and here[name] == version:
            specifier = SpecifierSet(supported)
            if not specifier.contains("{}.{}.99".format(*python)):
                unfit.append(f"{name} {version} wants Python {supported}")
    assert unfit == []


@every_python
def test_the_ranges_of_setup_cfg_admit_the_pins(repository: Path, python: Python) -> None:
    setup = configparser.ConfigParser()
    setup.read(repository / "setup.cfg")
    extras = setup["options.extras_require"]
    common = [each for each in extras if not (repository / f"requirements-{each}.lock").exists()]
    assert {"evaluation", "test", "training", "video", "vot"} <= {*common}
    text = "\n".join([setup["options"]["install_requires"], *(extras[name] for name in common)])
    requirements = [Requirement(line) for line in text.splitlines() if line]
    pins = locked(repository, python)
    fitting = [r for r in requirements if not r.marker or r.marker.evaluate(environment(python))]

    assert [problem for r in fitting if (problem := unmet(pins, r))] == []
    assert "sam2" not in {requirement.name for requirement in requirements}
    assert not any(r.specifier.contains("0.1.10") for r in requirements if r.name == "attributee")


@every_python
def test_an_extra_is_met_by_its_lock_and_adds_to_the_common_one(
    repository: Path, python: Python
) -> None:
    setup = configparser.ConfigParser()
    setup.read(repository / "setup.cfg")
    common = locked(repository, python)
    for name, text in setup["options.extras_require"].items():
        file = repository / f"requirements-{name}.lock"
        own = read_pins(file, python) if file.exists() else {}
        assert own.keys() & common.keys() == set()
        for line in filter(None, text.splitlines()):
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate(environment(python)):
                continue
            version = {**common, **own}.get(canonicalize_name(requirement.name), "0")
            assert requirement.specifier.contains(version), f"{name}: {line} is not in its lock"


def test_the_lock_is_what_is_installed(repository: Path) -> None:
    if Path(sys.prefix) != repository / ".venv":
        pytest.skip("these tests run in another environment")
    present = {
        (canonicalize_name(each.metadata["Name"]), each.version.split("+")[0])
        for each in metadata.distributions()
    }
    assert locked(repository, HERE).items() - present == set()


def test_exactly_one_distribution_brings_cv2() -> None:
    brings = [
        each.metadata["Name"]
        for each in metadata.distributions()
        if any(str(file) == "cv2/__init__.py" for file in each.files or ())
    ]
    assert len(brings) == 1


@every_python
def test_extras_agree_on_the_packages_that_they_share(repository: Path, python: Python) -> None:
    seen: dict[str, str] = {}
    for file in sorted(repository.glob("requirements-*.lock")):
        for name, version in read_pins(file, python).items():
            assert seen.setdefault(name, version) == version, f"{file}: {name}"

"""Which edits of the code between image and reply make earlier results stale, on a copy of it."""

from __future__ import annotations

import gc
import py_compile
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import samurai
import samurai.policies
from samurai.errors import ConfigurationError
from samurai.fingerprints import code
from samurai.policies import POLICIES, policy_class
from vot_wrapper.toolkit.code_digest import code_of, own_places
from vot_wrapper.toolkit.fingerprint import SAM2_CODE

Edit = tuple[str, str, str]  # file, what is replaced (nothing: added at its end), and by what
ADDED = "\nADDED = 1\n"

# A member of each room between image and reply.
EDITS: dict[str, Edit] = {
    "images": ("samurai/video/images.py", "", ADDED),
    "mask clean-up": ("samurai/mask_cleanup.py", "", ADDED),
    "wire format": ("vot_wrapper/trax/regions.py", "", ADDED),
    "confidence on the wire": ("vot_wrapper/trax/server.py", ".6f", ".5f"),
    "a default": ("vot_wrapper/settings.py", '"region",\n', '"box",\n'),
    "how the process loads": ("vot_wrapper/trax/process.py", "tracker.warm_up()", "pass"),
    "windows": ("samurai/core/search_region.py", "reach / 2", "reach / 3"),
    "frames": ("samurai/core/preprocess.py", "", ADDED),
    "prompts": ("samurai/core/prompting.py", "", ADDED),
    "confidence": ("samurai/confidence.py", "", ADDED),
    "the policy": ("samurai/policies/samurai.py", "", ADDED),
    "its motion": ("samurai/motion/kalman.py", "", ADDED),
    "the network": ("samurai/networks/sam2/network.py", "", ADDED),
    "sam2 itself": ("sam2/modeling/sam2_base.py", "NO_OBJ_SCORE = -1024.0", "NO_OBJ_SCORE = -1.0"),
}
HARMLESS: dict[str, Edit] = {
    "a comment": (
        "samurai/core/search_region.py",
        "class SearchRegion:",
        "# a word\nclass SearchRegion:",
    ),
    "a docstring": (
        "samurai/core/search_region.py",
        '    """',
        '    """Once more. ',
    ),
    "empty lines": ("vot_wrapper/trax/regions.py", "def to_trax(", "\n\n\ndef to_trax("),
    "another command": ("vot_wrapper/commands/submit.py", "", ADDED),
    "the downloader": ("samurai/models/download.py", "", ADDED),
    "the version": ("samurai/version.py", "", ADDED),
    "another policy": ("samurai/policies/dam.py", "", ADDED),
    "motion that it doesn't use": ("samurai/motion/flow.py", "", ADDED),
    "the tables": ("samurai/evaluation/table.py", "", ADDED),
}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("code"))


def copied(folder: Path) -> Path:
    """The packages, side by side in a folder."""
    for name, place in own_places().items():
        ignore = shutil.ignore_patterns("__pycache__", "*.pt", "*.safetensors")
        shutil.copytree(place, folder / name, ignore=ignore)
    return folder


def places(folder: Path) -> dict[str, Path]:
    return {name: folder / name for name in ("samurai", "vot_wrapper", "sam2")}


def edited(folder: Path, edit: Edit, policy: str = "samurai") -> dict[str, str]:
    """The digests after an edit, which is taken back."""
    name, old, new = edit
    file = folder / name
    before = file.read_text(encoding="utf-8")
    assert old in before, f"{name} has no {old!r}: adapt the edit"
    after = before.replace(old, new, 1) if old else before + new
    file.write_text(after, encoding="utf-8")
    try:
        return code_of(policy, places(folder), [SAM2_CODE])
    finally:
        file.write_text(before, encoding="utf-8")


def test_an_edit_between_image_and_reply_is_seen_and_named(pristine: Path) -> None:
    before = code_of("samurai", places(pristine), [SAM2_CODE])
    for name, edit in EDITS.items():
        after = edited(pristine, edit)
        changed = {module for module in before if before[module] != after.get(module)}
        assert changed == {edit[0].removesuffix(".py").replace("/", ".")}, name


def test_other_edits_change_nothing(pristine: Path) -> None:
    before = code_of("samurai", places(pristine), [SAM2_CODE])
    for name, edit in HARMLESS.items():
        assert edited(pristine, edit) == before, name


def test_place_and_compiled_files_do_not_count(
    pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = code_of("samurai")
    other = copied(tmp_path / "with a space")
    for file in other.rglob("*.py"):
        if file.parent.name == "samurai":
            py_compile.compile(str(file))
    monkeypatch.chdir(tmp_path)
    assert code_of("samurai", places(other)) == code_of("samurai", places(pristine)) == here


def test_a_policys_code_is_its_own_and_what_it_needs() -> None:
    modules = {name: set(code_of(name)) for name in POLICIES}
    for name, found in modules.items():
        assert {
            policy_class(name).__module__,
            "samurai.core.session",
            "vot_wrapper.trax.regions",
        } <= found
    assert "samurai.motion.flow" in modules["mosam"] - modules["samurai"]
    assert "samurai.motion.kalman" in modules["samurai"] - modules["sam2"]


def test_what_a_configuration_builds_is_code_too() -> None:
    target = "sam2.modeling.memory_encoder.MemoryEncoder"
    assert "sam2.modeling.memory_encoder" in code_of("sam2", None, [target])


def test_threads_may_ask_at_once(tmp_path: Path) -> None:
    """As sessions of a server do, and whatever the collector of garbage lets in between."""
    lines = [f"value_{n} = [{n}, (f(x), {{'a': g[{n}]}})]" for n in range(200)]
    for number in range(12):
        (tmp_path / f"part{number}.py").write_text("\n".join([*lines, f"own = {number}"]))
    made = {f"part{number}": tmp_path / f"part{number}.py" for number in range(12)}
    code_of("samurai")
    yielding: Callable[..., None] = lambda *_: time.sleep(0.0002)  # noqa: E731
    thresholds = gc.get_threshold()
    gc.callbacks.append(yielding)
    gc.set_threshold(100)
    try:
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(code.code_of, "samurai", made, roots=[name]) for name in made]
        found = [each.result() for each in asked]
    finally:
        gc.callbacks.remove(yielding)
        gc.set_threshold(*thresholds)
    assert len({digests[name] for name, digests in zip(made, found, strict=True)}) == 12


PLUGIN = {
    "plugin/__init__.py": "",
    "plugin/policy.py": """
        from samurai.policies.sam2 import Sam2Policy
        from . import rules
        from .deep import constants

        class Strides(Sam2Policy):
            name = "strides"
    """,
    "plugin/rules.py": "EVERY = 3\n",
    "plugin/deep/__init__.py": "",
    "plugin/deep/constants.py": "from ..other import THING\n",
    "plugin/other.py": "THING = 1\n",
    "plugin/unused.py": "NOTHING = 1\n",
}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Path]]:
    """Installs a policy of another package; its folder."""

    def install() -> Path:
        for name, text in PLUGIN.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(text))
        monkeypatch.syspath_prepend(str(tmp_path))
        entry = EntryPoint("strides", "plugin.policy:Strides", samurai.policies.ENTRY_POINTS)
        monkeypatch.setattr(samurai.policies, "entry_points", lambda group: [entry])
        return tmp_path

    yield install
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugin"]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["policy", "rules", "deep/constants", "other"])
def test_a_plugins_modules_count(plugin: Callable[[], Path], name: str) -> None:
    folder = plugin()
    before = code_of("strides")
    file = folder / "plugin" / f"{name}.py"
    file.write_text(file.read_text() + "MORE = 2\n")
    after = code_of("strides")
    changed = {module for module in before if before[module] != after.get(module)}
    assert changed == {f"plugin.{name}".replace("/", ".")}
    assert "plugin.unused" not in before and "samurai.policies.sam2" in before


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        code_of("nobody")

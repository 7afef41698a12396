"""Checks that the `sam2` that Python would import is Meta's package, before anything imports it.

Our own folder `sam2/` is bare, so that an installed `sam2` wins over it. An editable clone of
Meta's repository loses to it whenever this repository is on the path, and then the imports inside
the tracker would fail with an unhelpful message. Imports neither torch nor sam2.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib import metadata
from pathlib import Path

from samurai.errors import DependencyError

NEEDS = ("torch", "numpy", "hydra", "omegaconf", "iopath", "PIL", "tqdm")
"""Modules that sam2's model code imports; a missing one is reported before sam2."""

INSTALL_NEEDS = "pip install torch setuptools numpy hydra-core iopath pillow tqdm"
INSTALL_SAM2 = (
    "SAM2_BUILD_CUDA=0 pip install --no-deps --no-build-isolation --force-reinstall sam2==1.1.0"
)
"""Without isolation and dependencies: otherwise pip builds sam2 against a second, multi-gigabyte
torch. `--force-reinstall`, because an editable clone of the same version would satisfy pip."""

REMEDY = f"Install it with `{INSTALL_NEEDS}`, then `{INSTALL_SAM2}`"


def require_sam2() -> Path:
    """The folder of the installed `sam2` package, checked without importing it.

    Raises:
        DependencyError: sam2 or a package that it needs isn't installed, or something else of that
            name is found first; one line with the two commands to install it.
    """
    absent = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if absent:
        raise DependencyError(f"sam2 needs {', '.join(absent)}, not installed here. {REMEDY}")
    spec = importlib.util.find_spec("sam2")
    if spec is None:
        raise DependencyError(f"sam2 is not installed. {REMEDY}")
    if spec.origin is None:
        raise DependencyError(_bare_folder(list(spec.submodule_search_locations or [])))
    package = Path(spec.origin).resolve().parent
    if package == _our_bare_folder():
        raise DependencyError(
            f"`import sam2` finds this repository's own folder {package}, because it contains "
            f"{Path(spec.origin).name}: delete that file, the folder must stay bare"
        )
    if not (package / "modeling" / "sam2_base.py").is_file():
        raise DependencyError(f"`import sam2` finds {spec.origin}, not Meta's SAM 2. {REMEDY}")
    if not (package / "configs" / "sam2.1").is_dir():
        raise DependencyError(f"the sam2 in {package} is older than SAM 2.1. {REMEDY}")
    return package


def import_sam2() -> None:
    """Import the installed `sam2` and leave Hydra's global state as it was.

    `import sam2` initializes Hydra for itself, so that an application's own `hydra.initialize`
    afterwards would be refused. Nothing here needs that; applications that also use
    `sam2.build_sam` import `sam2` first, or call `hydra.initialize_config_module("sam2",
    version_base="1.2")`.

    Raises:
        DependencyError: see `require_sam2`.
    """
    require_sam2()
    if "sam2" in sys.modules:
        return
    from hydra.core.global_hydra import GlobalHydra

    found = GlobalHydra.instance().is_initialized()
    importlib.import_module("sam2")
    if not found:
        GlobalHydra.instance().clear()


def _bare_folder(folders: list[str]) -> str:
    """The message for a `sam2` that is a folder without `__init__.py`, found at `folders`."""
    found = " and ".join(folders)
    installed = _distribution()
    if installed is None:
        return f"sam2 is not installed (only the bare folder {found} is there). {REMEDY}"
    return (
        f"{installed} is installed, but `import sam2` finds the bare folder {found} first: this "
        "happens to an editable clone of Meta's repository, and when Python runs beside a clone "
        f"of it. {REMEDY}; `pip uninstall {installed}` first if it is the clone"
    )


def _distribution() -> str | None:
    """The name of the sam2 distribution: the registry's package, or Meta's repository."""
    for name in ("sam2", "SAM-2"):
        try:
            return str(metadata.distribution(name).metadata["Name"])
        except metadata.PackageNotFoundError:
            continue
    return None


def _our_bare_folder() -> Path | None:
    """This repository's `sam2/`, when the package runs from a clone of it."""
    folder = Path(__file__).resolve().parents[3]
    return folder if folder.name == "sam2" else None

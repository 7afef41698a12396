"""Records the measurements of vot-toolkit 0.7.4, the reference for the repaired experiments.

    python benchmarks/toolkit_parity/regenerate.py [--environment FOLDER]

0.7.4 is the last version that runs multi-start, supervised and real-time experiments itself. The
script makes a virtual environment with it (requirements.txt beside this file; Python 3.11 is what
the pins were resolved for), or takes the one named, lets tests/toolkit/parity/measure.py run there,
and writes tests/toolkit/goldens/toolkit_0.7.4.json with its provenance. The measurement takes a
minute and is deterministic: a difference means that an input has changed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TESTS = HERE.parents[1] / "tests" / "toolkit"
GOLDEN = TESTS / "goldens" / "toolkit_0.7.4.json"
NAMED = ("vot-toolkit", "vot-trax", "attributee", "numpy", "numba", "opencv-python-headless")


def make_environment(folder: Path) -> Path:
    """A virtual environment with the pinned packages; its interpreter."""
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        venv.create(folder, with_pip=True)
        requirements = str(HERE / "requirements.txt")
        pip = [str(interpreter), "-m", "pip", "install", "--no-deps", "-r", requirements]
        subprocess.run(pip, check=True)
    return interpreter


def versions(interpreter: Path) -> dict[str, str]:
    """Versions of Python and of the packages in NAMED, in another environment."""
    script = (
        "import importlib.metadata as m, json, platform, sys;"
        "found = {name: m.version(name) for name in sys.argv[1:]};"
        "print(json.dumps({'python': platform.python_version(), **found}))"
    )
    out = subprocess.run(
        [str(interpreter), "-c", script, *NAMED], check=True, capture_output=True, text=True
    )
    found: dict[str, str] = json.loads(out.stdout)
    return found


def record(interpreter: Path) -> dict[str, Any]:
    """The golden file: provenance and the measurements of `measure.py` in that environment."""
    measured = subprocess.run(
        [str(interpreter), str(TESTS / "parity" / "measure.py")],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return {
        "provenance": {
            "what": "tests/toolkit/parity/measure.py, run by the experiments of the toolkit itself",
            "made_by": "benchmarks/toolkit_parity/regenerate.py",
            "date": datetime.date.today().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}",
            "versions": versions(interpreter),
        },
        "measured": json.loads(measured.stdout),
    }


def main() -> int:
    """Make the environment of the old toolkit, measure in it, and write the golden file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environment", type=Path, help="folder of the virtual environment")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        interpreter = make_environment(arguments.environment or Path(temporary) / "environment")
        golden = record(interpreter)
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")
    print(f"wrote {GOLDEN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

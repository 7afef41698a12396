"""Runs the scenario with whatever vot-toolkit is installed and prints what it measured, as JSON.

    python measure.py [--prefix samurai-] [--folder F]

`--prefix` names the experiments: empty takes the toolkit's own, `samurai-` the repaired ones.
Works with 0.7.4 and with 0.9.0; benchmarks/toolkit_parity/regenerate.py and test_parity.py call it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import scenario

HERE = Path(__file__).parent


def write_workspace(folder: Path, kind: str, prefix: str) -> None:
    folder.mkdir(parents=True)
    scenario.write_sequences(folder / "sequences", kind)
    (folder / "config.yaml").write_text("registry: [./trackers.ini]\nstack: ./stack.yaml\n")
    stack = (HERE / "stack.yaml").read_text()
    (folder / "stack.yaml").write_text(stack.replace("{prefix}", prefix))
    (folder / "trackers.ini").write_text(
        f"[scripted]\nprotocol = traxpython\ncommand = scripted_tracker\npaths = {HERE}\n"
        "env_SCRIPTED_CONFIDENCE = varied\n"
    )


def vot(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "vot", *arguments], check=True, stdout=sys.stderr)


def measures(workspace: Path) -> dict[str, Any]:
    """What `vot evaluate` and `vot analysis` find: per experiment, the analyses' values."""
    place = ("--workspace", str(workspace))
    vot("evaluate", "scripted", *place)
    vot("analysis", "scripted", *place, "--format", "json", "--name", "parity")
    document = json.loads((workspace / "analysis" / "parity.json").read_text())
    # The supervised accuracy of 0.7.4 is no finite number where nothing counts; JSON allows NaN.
    return {name: found["results"] for name, found in document["results"].items()}


def clocked(folder: Path, prefix: str) -> dict[str, Any]:
    """Results against the real-time clock, with made-up times: multi-start, supervised, and
    several objects at once.

    The replies come from a runtime in this process, so that the times are exact.
    """
    import vot.experiment
    import vot.tracker
    from vot.region import Rectangle
    from vot.tracker import ObjectStatus, Tracker, Trajectory
    from vot.workspace import Workspace

    lists = hasattr(vot.tracker, "OnlineTrackerRuntime")  # 0.8 and later reply with lists
    base = vot.tracker.OnlineTrackerRuntime if lists else vot.tracker.TrackerRuntime

    class Scripted(base):  # type: ignore[misc, valid-type]
        start = 0
        count = 1
        multiobject = False

        def __init__(self, tracker: Tracker, *_: Any, **__: Any) -> None:
            super().__init__(tracker)

        def _reply(self, frame: Any) -> Any:
            path = Path(frame.filename("color"))
            sequence, index = path.parent.parent.name, int(path.stem) - 1
            ellipse = scenario.answer(sequence, self.start, index)
            region = Rectangle(*(scenario.box(ellipse) if ellipse else (0, 0, 0, 0)))
            states = [ObjectStatus(region, {"confidence": 0.5}) for _ in range(self.count)]
            answer = states if lists or self.multiobject else states[0]
            return answer, scenario.seconds(self.start, index)

        def initialize(self, frame: Any, new: Any = None, properties: Any = None) -> Any:
            self.start = int(Path(frame.filename("color")).stem) - 1
            self.count = len(new) if self.multiobject else 1
            return self._reply(frame)

        def update(self, frame: Any, new: Any = None, properties: Any = None) -> Any:
            return self._reply(frame)

        def restart(self) -> None:
            pass

        def stop(self) -> None:
            pass

    vot.tracker._runtime_protocols["scripted"] = Scripted  # 0.7.4 has no public way
    write_workspace(folder, "rectangle", prefix)
    for file in folder.glob("sequences/*/sequence"):  # 20 frames per second: 0.05 s a frame
        file.write_text(file.read_text().replace("fps=1", "fps=20"))
    workspace = Workspace.load(str(folder))
    tracker = Tracker("scripted", str(folder / "trackers.ini"), "scripted", protocol="scripted")
    runs: dict[str, Any] = {}
    for kind in ("multistart", "supervised", "unsupervised"):
        Scripted.multiobject = kind == "unsupervised"
        if Scripted.multiobject:
            _double(folder)
            workspace = Workspace.load(str(folder))
        experiment = vot.experiment.experiment_registry.get(
            prefix + kind,
            _identifier=kind,
            _storage=workspace.storage,
            realtime={"grace": 3, "fps": 20},
            **({"multiobject": True} if Scripted.multiobject else {}),
        )
        for sequence in workspace.dataset:
            experiment.execute(tracker, sequence)
            results = experiment.results(tracker, sequence)
            for name in sorted(file[:-4] for file in results.find("*.bin")):
                trajectory = Trajectory.read(results, name)
                runs[f"{kind}/{name}"] = [
                    f"{region} {trajectory.properties(index)['time']:.6f}"
                    for index, region in enumerate(trajectory)
                ]
    return runs


def _double(folder: Path) -> None:
    """Makes two objects of the one that the sequences have."""
    for file in folder.glob("sequences/*/groundtruth.txt"):
        text = file.read_text()
        file.unlink()
        for name in ("left", "right"):
            file.with_name(f"groundtruth_{name}.txt").write_text(text)


def measure(folder: Path, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("rectangle", "mask"):
        write_workspace(folder / kind, kind, prefix)
        found[kind] = measures(folder / kind)
    found["clocked"] = clocked(folder / "clocked", prefix)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", default="")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(measure(arguments.folder or Path(temporary), arguments.prefix), indent=1))


if __name__ == "__main__":
    main()

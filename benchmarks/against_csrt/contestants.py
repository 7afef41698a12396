"""The two contestants over one sequence: boxes and seconds per frame."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from vot.dataset import Sequence
from vot.tracker import Trajectory

from benchmarks.against_csrt.boxes import Corners, box_of
from benchmarks.environment import ROOT
from vot_wrapper.commands.console import Console, Interrupt
from vot_wrapper.toolkit.running import run_missing
from vot_wrapper.toolkit.workspaces import EvaluationContext, open_workspace

PEER = "opencv-contrib-python-headless>=4.10,<5"

STACK = {
    "title": "Beside CSRT",
    "experiments": {"unsupervised": {"type": "unsupervised", "repetitions": 1}},
}


@dataclass(frozen=True)
class Track:
    """A tracker's boxes and seconds, one per frame, including the first."""

    boxes: list[Corners | None]
    seconds: list[float]


def workspace(folder: Path, sequences: Path, model: str, policy: str) -> EvaluationContext:
    """A workspace of the toolkit over a folder of sequences, with samurai initialized by boxes."""
    folder.mkdir(parents=True, exist_ok=True)
    registry = folder / "trackers.ini"
    registry.write_text(
        f"[samurai]\nprotocol = traxpython\ncommand = vot_wrapper\npaths = {ROOT}:{ROOT / 'sam2'}\n"
        f"timeout = 600\nenv_SAMURAI_INIT = box\nenv_SAMURAI_OUTPUT = mask\n"
        f"env_SAMURAI_MODEL = {model}\nenv_SAMURAI_POLICY = {policy}\n"
    )
    (folder / "stack.yaml").write_text(yaml.safe_dump(STACK))
    configuration = {
        "registry": [str(registry)],
        "stack": "./stack.yaml",
        "sequences": str(sequences.resolve()),
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(configuration))
    return open_workspace(folder, ("samurai",), None, (), registry, print)


def run_samurai(context: EvaluationContext, again: bool = False) -> dict[str, Track]:
    """Run missing sequences (or all again), and read the result files."""
    tracker = context.trackers[0]
    for failure in run_missing(context, tracker, Console(Interrupt()), force=again):
        raise SystemExit(f"samurai failed in {failure.sequence}: {failure.reason}")
    experiment = next(iter(context.workspace.stack))
    tracks = {}
    for sequence in context.sequences:
        results = experiment.results(tracker, sequence)
        answers = Trajectory.read(results, f"{sequence.name}_001")
        frames = range(len(sequence))
        boxes = [box_of(answers.region(frame)) for frame in frames]
        boxes[0] = box_of(sequence.groundtruth(0))  # the toolkit stores no answer there
        times = [float(answers.properties(frame).get("time", 0.0)) for frame in frames]
        tracks[sequence.name] = Track(boxes, times)
    return tracks


def run_csrt(python: Path, sequence: Sequence) -> Track:
    """CSRT in its own process."""
    first = box_of(sequence.groundtruth(0))
    assert first is not None
    paths = [sequence.frame(frame).filename() for frame in range(len(sequence))]
    done = subprocess.run(
        [str(python), str(Path(__file__).with_name("csrt.py")), *(str(value) for value in first)],
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"CSRT failed: {done.stderr.strip()}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    boxes = [None if line["box"] is None else _corners(line["box"]) for line in lines]
    return Track(boxes, [line["seconds"] for line in lines])


def _corners(box: list[float]) -> Corners:
    return box[0], box[1], box[0] + box[2], box[1] + box[3]


def peer_environment(python: Path | None) -> Path:
    """An interpreter whose OpenCV has CSRT; created under build/ unless one is given."""
    if python is None:
        folder = ROOT / "build" / "csrt"
        python = folder / "bin" / "python"
        if not python.exists():
            print(f"making {folder} with {PEER}")
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", PEER], check=True)
    check = [str(python), "-c", "import cv2; cv2.TrackerCSRT_create()"]
    if subprocess.run(check, capture_output=True, check=False).returncode:
        raise SystemExit(f"{python} has no OpenCV with CSRT: install {PEER} there")
    return python

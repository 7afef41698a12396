"""The loss curves of a run as a picture."""

from __future__ import annotations

import json
from pathlib import Path

PANELS = {
    "overlap": "overlap of the preferred candidate",
    "mask": "mask loss",
    "iou": "error of the predicted IoU",
    "visible": "loss of the visibility head",
}


def draw_curves(log: Path, picture: Path) -> None:
    """Draw `log` (JSON lines, see `loop`) as four panels over the steps."""
    if not log.is_file():
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 6), sharex=True, layout="constrained")
    for axis, (name, title) in zip(axes.flat, PANELS.items(), strict=True):
        axis.plot([line["step"] for line in lines], [line[name] for line in lines], linewidth=1)
        axis.set_title(title, fontsize=10)
        axis.grid(alpha=0.3)
    for axis in axes[1]:
        axis.set_xlabel("step")
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)

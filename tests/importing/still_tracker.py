"""A TraX tracker that answers every object's first region for ever."""

from __future__ import annotations

import trax


def main() -> None:
    formats = ["rectangle", "mask"]
    with trax.Server(formats, ["path"], tracker_name="still", multiobject=True) as server:
        kept: list[trax.Region] = []
        while True:
            request = server.wait()
            if request.type == trax.TraxStatus.INITIALIZE:
                kept = []
            elif request.type != trax.TraxStatus.FRAME:
                return
            kept += [region for region, _ in request.objects or []]
            server.status([(region, {}) for region in kept])


if __name__ == "__main__":
    main()

"""The parts of a frame, and the functions of the tracker in which each part's time is spent.

One table. A function counts for its part wherever it is called from, without the time of other
functions of this table that it calls. What a frame spends outside of all of them is "rest":
mostly Python between the parts.
"""

from __future__ import annotations

from benchmarks.speed.patches import Place

FRAME = Place("vot_wrapper.trax.server", "Conversation.answer")
"""One call is one frame: from the request at hand to the finished memory write."""

COMPONENTS: dict[str, tuple[Place, ...]] = {
    # the image file to RGB
    "decode": (Place("vot_wrapper.trax.server", "read_frame"),),
    # window, resize, normalisation
    "preprocess": (Place("samurai.core.session", "network_input"),),
    "image encoder": (Place("samurai.networks.sam2.network", "Sam2Network.encode"),),
    # gathering from the bank, laying out, memory attention
    "memory read": (
        Place("samurai.core.memory_bank", "TensorPool.take"),
        Place("samurai.networks.sam2.network", "Sam2Network.prepare_memory"),
        Place("samurai.networks.sam2.network", "Sam2Network.condition"),
    ),
    # a policy's hints, mask decoder
    "decoder": (
        Place("samurai.networks.sam2.network", "Sam2Network.embed_prompt"),
        Place("samurai.networks.sam2.network", "Sam2Network.decode"),
    ),
    # pictures for policies, the candidates' boxes, the copy of numbers to the host, the policies
    "choice": (
        Place("samurai.core.frame_history", "FrameHistory.push"),
        Place("samurai.core.batching", "read_decodings"),
    ),
    # masks at the frame's size, on the host, cropped, encoded, written into the pipe
    "reply": (
        Place("samurai.core.postprocess", "frame_masks"),
        Place("samurai.core.search_region", "SearchRegion.placed"),
        Place("samurai.regions", "Box.of_mask"),
        Place("vot_wrapper.trax.server", "to_trax"),
        Place("trax", "Server.status"),
    ),
    "memory write": (Place("samurai.core.session", "Session.update_memory"),),
}

IN_BACKGROUND = Place("samurai.core.session", "Session.update_memory_async")
WAITED_FOR = "update_memory"
"""What the server calls after a reply, and what stands in for it while parts are timed: on a CPU
with a core to spare the write is done beside the next frame's first parts, which would count it
twice."""

POLICY_STEPS = ("see", "recall", "choose")
"""Methods of the policy in use that count for the choice."""

AFTER_REPLY = "memory write"
"""The part that nobody waits for."""

REST = "rest"
"""What is in no part."""

PARTS = (*COMPONENTS, REST)

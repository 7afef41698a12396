"""Measures of the benchmarks, in numpy: no toolkit, no torch, no files.

    score(LASOT, truth, answers, visible)   curves of a sequence, see `one_pass`
    summary(scores)                         AUC, precision, normalized precision over sequences

Boxes are float arrays (n, 4) of x, y, width, height, a row per frame, NaN where there is none.
"""

from samurai.evaluation.measures.got10k import (
    Got10kScore,
    Got10kSummary,
    got10k_score,
    got10k_summary,
)
from samurai.evaluation.measures.one_pass import OnePassScore, OnePassSummary, score, summary
from samurai.evaluation.measures.protocols import (
    LASOT,
    OTB,
    PROTOCOLS,
    PYTRACKING,
    PYTRACKING_UAV,
    SAMURAI,
    UAV,
    OnePassProtocol,
)
from samurai.evaluation.measures.segmentation import (
    ObjectScore,
    SegmentationSummary,
    boundary_accuracy,
    object_score,
    region_overlap,
    segmentation_summary,
)
from samurai.evaluation.measures.trackingnet import (
    TrackingNetScore,
    trackingnet_score,
    trackingnet_summary,
)

__all__ = [
    "LASOT",
    "OTB",
    "PROTOCOLS",
    "PYTRACKING",
    "PYTRACKING_UAV",
    "SAMURAI",
    "UAV",
    "Got10kScore",
    "Got10kSummary",
    "ObjectScore",
    "OnePassProtocol",
    "OnePassScore",
    "OnePassSummary",
    "SegmentationSummary",
    "TrackingNetScore",
    "boundary_accuracy",
    "got10k_score",
    "got10k_summary",
    "object_score",
    "region_overlap",
    "score",
    "segmentation_summary",
    "summary",
    "trackingnet_score",
    "trackingnet_summary",
]

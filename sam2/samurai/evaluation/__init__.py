"""Numbers and pictures of results, independent of the VOT toolkit.

The measures of benchmarks are importable from here: `from samurai.evaluation import LASOT, score`.
"""

from samurai.evaluation.measures import *  # noqa: F403
from samurai.evaluation.measures import __all__ as __all__

"""The tracker's settings: what a setting is, all of them, and the pages made from them."""

from samurai.config.tracker_config import DTYPES, WHOLE, TrackerConfig

__all__ = ["DTYPES", "WHOLE", "TrackerConfig"]

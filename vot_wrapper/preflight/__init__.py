"""The check of a workspace's data before the first frame.

It finds data that would make a run fail, make its numbers wrong, or be rejected by the toolkit, and
names the file, the line and the remedy. It reads the files as vot-toolkit 0.9 does, but without
importing it, so that `samurai doctor` works in a broken installation.
"""

from vot_wrapper.preflight.check import check_workspace
from vot_wrapper.preflight.findings import for_submission, merged
from vot_wrapper.preflight.needs import Needs

__all__ = ["Needs", "check_workspace", "for_submission", "merged"]

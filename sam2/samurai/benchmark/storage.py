"""What is said where a result of a run can't be written."""

from __future__ import annotations

from samurai.runtime.whole_files import Advice

OF_A_RUN = Advice(
    kept="Finished sequences are kept.",
    elsewhere="choose a folder where you may write with --results",
    then="run the same command to continue",
)

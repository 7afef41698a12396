"""What `samurai submit` has to say about a submission: problems, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or (a warning) that a person should look at.

    Attributes:
        where: tracker, experiment, sequence and object, as far as they apply.
        what: what is wrong; names the file or the setting. Never holds a secret's value.
        remedy: what to do about it.
        warning: whether the submission can be packed all the same.
    """

    where: str
    what: str
    remedy: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.finding}. Remedy: {self.remedy}"

    @property
    def finding(self) -> str:
        """Where and what, without a full stop of its own (quoted errors often have one)."""
        return f"{self.where}: {self.what}".rstrip(". ")

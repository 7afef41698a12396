"""What is installed, by the records of pip: nothing is imported to find out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

from samurai.errors import DependencyError


def version_of(distribution: str) -> str | None:
    """The version of an installed distribution; None if it isn't installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class Need:
    """Distributions of an extra that something can't do without.

    Attributes:
        distributions: their names.
        install: the command that installs them.
    """

    distributions: tuple[str, ...]
    install: str

    def missing(self) -> list[str]:
        """Those that aren't installed. One that is, and can't be imported, isn't among them: what
        is wrong with it is said by its own error."""
        return [name for name in self.distributions if version_of(name) is None]

    def require(self, user: str) -> None:
        """Refuse to go on without them.

        Args:
            user: what needs them, as the message calls it.

        Raises:
            DependencyError: one isn't installed.
        """
        if missing := self.missing():
            verb = "isn't" if len(missing) == 1 else "aren't"
            names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            raise DependencyError(
                f"{user} needs {names}, which {verb} installed. Remedy: {self.install}"
            )

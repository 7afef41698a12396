"""The references of references.bib, picked by their key or by the arXiv numbers that a text names.

A policy names its source in its module's docstring (`arXiv 2411.11922`); which puts it into the
bibliography. A number that isn't in references.bib gets an entry without title and authors.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_NUMBER = re.compile(r"\barXiv[: ]\s*(\d{4}\.\d{4,5})\b", re.IGNORECASE)
_ENTRY = re.compile(r"^@\w+\{(\S+),\n.*?^\}\n", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^ *(\w+) = \{(.*?)\},?$", re.MULTILINE | re.DOTALL)
_ACCENT = re.compile(r"""\\(["'`^~]|[vc](?=\{))\{?(\w)\}?""")
_COMBINING = {
    '"': "\N{COMBINING DIAERESIS}",
    "'": "\N{COMBINING ACUTE ACCENT}",
    "`": "\N{COMBINING GRAVE ACCENT}",
    "^": "\N{COMBINING CIRCUMFLEX ACCENT}",
    "~": "\N{COMBINING TILDE}",
    "v": "\N{COMBINING CARON}",
    "c": "\N{COMBINING CEDILLA}",
}
UNKNOWN = """@misc{arxiv%s,
  eprint = {%s},
  archivePrefix = {arXiv},
  note = {TODO: complete authors, title and year}
}
"""


@dataclass(frozen=True)
class Reference:
    """One entry: `bibtex` is all of it, `fields` its fields as plain text."""

    key: str
    bibtex: str
    fields: dict[str, str]

    @property
    def known(self) -> bool:
        """Whether more than an arXiv number is known."""
        return "title" in self.fields

    @property
    def line(self) -> str:
        """The reference on one line of plain text."""
        if not self.known:
            return f"arXiv {self.fields['eprint']}"
        first, *others = self.fields["author"].split(" and ")
        year = f" {self.fields['year']}." if "year" in self.fields else ""
        return f"{first}{' et al.' if others else ''}: {self.fields['title']}.{year}"


@lru_cache(maxsize=1)
def known_references() -> dict[str, Reference]:
    """All of references.bib, by key."""
    text = resources.files(__package__).joinpath("references.bib").read_text(encoding="utf-8")
    return {entry[1]: _read(entry[0]) for entry in _ENTRY.finditer(text)}


def references_in(text: str) -> list[Reference]:
    """What a text cites by arXiv number, in its order, each once."""
    by_number = {each.fields.get("eprint"): each for each in known_references().values()}
    numbers = dict.fromkeys(_NUMBER.findall(text))
    return [by_number.get(n) or _read(UNKNOWN % (n, n)) for n in numbers]


def _read(bibtex: str) -> Reference:
    """An entry of references.bib: not a general parser of BibTeX."""
    found = _ENTRY.fullmatch(bibtex)
    assert found is not None
    fields = {name: plain(value) for name, value in _FIELD.findall(bibtex)}
    return Reference(found[1], bibtex, fields)


def plain(latex: str) -> str:
    """A BibTeX field as plain text: accented letters, no braces, one line."""
    text = _ACCENT.sub(lambda accent: accent[2] + _COMBINING[accent[1]], latex)
    text = unicodedata.normalize("NFC", text).replace("{", "").replace("}", "")
    return " ".join(text.split())

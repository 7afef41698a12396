"""The texts beside a submission's archive, generated from known facts about the tracker only.

Known are the section of trackers.ini, the model's table in checkpoints/manifest.toml, its network's
configuration and card, the policy's own docstring, and the results. Fields that only the author can
fill in are marked `TODO:` in the texts and listed in the checklist. The wording is in `templates/`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from samurai.cli.finding import Finding
from samurai.config.settings import settings_of
from samurai.evaluation.templates import render
from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import ModelCard, bundled_folder, model_card
from samurai.policies import PolicyChoice
from vot_wrapper.settings import Settings
from vot_wrapper.submission.references import Reference, known_references, references_in

WIDTH = 88
TEXTS = ("description-short.txt", "description-long.md", "checklist.md")
BIBLIOGRAPHY = "tracker.bib"
SAM2 = "ravi2024sam2"
VOT = ("vot-toolkit", "cehovin2017trax")  # the references of every submission to a VOT challenge
_TRAINING = re.compile(r"^## How it was trained\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{special: f"\\{special}" for special in "&%$#_{}"},
}


@dataclass(frozen=True)
class Experiment:
    """An experiment of the stack, with the numbers of its sequences and runs."""

    name: str
    realtime: bool
    sequences: int
    runs: int


@dataclass(frozen=True)
class Submission:
    """The facts about a submission.

    Attributes:
        identifier: as the challenge's server will know the tracker.
        label: its name in tables.
        section: its section of trackers.ini, by the names used there.
        settings: what the tracker process reads from it; None for another tracker.
        stack: the stack's name, or its title where it has none.
        experiments: what was run.
        frames: regions in all results.
        speed: frames per second outside real-time experiments, reading images included; None
            where no times are known.
        archive: the archive's file name.
        toolkit: version of the VOT toolkit.
        warnings: findings that don't prevent packing.
    """

    identifier: str
    label: str
    section: Mapping[str, str]
    settings: Settings | None
    stack: str
    experiments: Sequence[Experiment]
    frames: int
    speed: float | None
    archive: str
    toolkit: str
    warnings: Sequence[Finding] = ()


PUBLISHED = {
    "sam3": ("SAM 3", 1008, 7, "ViT of 32 layers, patches of 14 pixels", 4),
    "edgetam": ("EdgeTAM", 1024, 7, "RepViT-M1", 2),
}
"""What `Network` says of the published models whose configuration comes with their weights: its
fields after the card."""


@dataclass(frozen=True)
class Network:
    """A model and the properties of its network."""

    card: ModelCard
    title: str
    input: int  # side of the square input, pixels
    maps: int  # memory maps that a frame attends to at most, the initial one included
    encoder: str
    attention_layers: int

    @classmethod
    def of(cls, model: str) -> Network:
        """Raises ConfigurationError where the model or its configuration is missing."""
        card = model_card(model)
        if card.network in PUBLISHED:
            return cls(card, *PUBLISHED[card.network])
        text = configuration_path(card).read_text(encoding="utf-8")
        parts: dict[str, Any] = yaml.safe_load(text)["model"]
        encoder = _encoder(parts["image_encoder"]["trunk"])
        layers = parts["memory_attention"]["num_layers"]
        return cls(card, "SAM 2.1", parts["image_size"], parts["num_maskmem"], encoder, layers)

    @property
    def prompt(self) -> str:
        """How the network receives an initial box, in the description's words."""
        if self.card.box_prompt == "points":
            return "an initial box is given to the network as its two corners"
        return "an initial box is given to the network as a filled mask"

    @property
    def view(self) -> str:
        """The network's view of a frame, in the description's words."""
        if self.card.window is None:
            return "the whole frame"
        return f"a window that follows each object, {self.card.window:g} object sizes wide"

    @property
    def training(self) -> str:
        """The training section of the Markdown page beside a bundled model or a user's own card;
        empty without one."""
        folder = bundled_folder() if self.card.own is None else self.card.own.parent
        file = folder / f"{self.card.name}.md"
        found = _TRAINING.search(file.read_text(encoding="utf-8")) if file.exists() else None
        return found[1].strip() if found else ""

    @property
    def training_summary(self) -> str:
        """The first paragraph of that, without Markdown's marks."""
        return self.training.split("\n\n")[0].replace("`", "").replace("**", "")


@dataclass(frozen=True)
class PolicyText:
    """A policy's description: the first paragraph of its docstring, and its module's docstring."""

    name: str
    summary: str
    text: str
    references: list[Reference]

    @classmethod
    def of(cls, name: str) -> PolicyText:
        """From a policy, with its parameters or without.

        Raises ConfigurationError where there is no such policy.
        """
        choice = PolicyChoice.of(name)
        policy = choice.kind
        own = inspect.cleandoc(policy.__doc__ or "TODO: describe the policy.")
        module = inspect.getdoc(inspect.getmodule(policy)) or "TODO: describe the policy."
        summary = " ".join(own.split("\n\n")[0].split())
        return cls(str(choice), summary, module, references_in(f"{module}\n{own}"))


def write(folder: Path, submission: Submission) -> list[Path]:
    """Writes the descriptions, the bibliography and the checklist; the files.

    Raises:
        ConfigurationError: the tracker's model or policy isn't known.
        OSError: the folder can't be written to.
    """
    texts = texts_of(submission)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def texts_of(submission: Submission) -> dict[str, str]:
    """All texts, by the name of their file."""
    settings, known = submission.settings, known_references()
    policy = PolicyText.of(settings.policy) if settings else None
    cited = [known[SAM2], *policy.references] if policy else []
    references = list({each.key: each for each in (*cited, *(known[key] for key in VOT))}.values())
    values = {
        "submission": submission,
        "tracker": settings,
        "network": Network.of(settings.model) if settings else None,
        "policy": policy,
        "settings": list(_settings_rows(submission)),
        "sam2": known[SAM2],
        "references": references,
    }
    filters: dict[str, Callable[..., str]] = {"latex": latex, "cite": _cite, "wrap": _wrap}
    texts = {n: render("vot_wrapper.submission", f"{n}.j2", filters, **values) for n in TEXTS}
    return {**texts, BIBLIOGRAPHY: "\n".join(each.bibtex for each in references)}


def latex(text: str) -> str:
    """Plain text as LaTeX reads it."""
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _cite(references: Iterable[Reference]) -> str:
    return f"\\cite{{{','.join(each.key for each in references)}}}"


def _wrap(text: str) -> str:
    """One paragraph, with line breaks removed."""
    lines = textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join(lines) + "\n"


def _settings_rows(submission: Submission) -> Iterable[tuple[str, str, str]]:
    """Every setting of the tracker process, its value, and where that comes from.

    Paths of this machine are left out: a user's own model card is named without its folder, the log
        not at all.
    """
    settings = submission.settings
    if settings is None:
        return
    texts = {**settings.texts(), "model": settings.model_name}
    for each in settings_of(Settings):
        given = f"env_{each.variable}" in submission.section
        if each.name != "log":
            source = "trackers.ini" if given else settings.source(each.name)
            yield each.variable, texts.get(each.name, each.unset), source


def _encoder(trunk: dict[str, Any]) -> str:
    """An image encoder in words, by the trunk that its configuration names."""
    kind = trunk["_target_"].rpartition(".")[2]
    if kind == "LiteTrunk":
        return "EfficientNet-Lite0"
    if kind != "Hiera":
        return f"TODO: say what a {kind} is"
    text = f"Hiera, embedding {trunk['embed_dim']}"
    if "stages" in trunk:  # base_plus has sam2's default ones
        text += f", stages {'-'.join(str(blocks) for blocks in trunk['stages'])}"
    return text

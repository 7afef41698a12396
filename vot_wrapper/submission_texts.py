"""The texts beside a submission's archive, made from what is known of the tracker and nothing else.

Known are the section of trackers.ini, the model's table in checkpoints/manifest.toml, its network's
configuration and card, the policy's own docstring, and the results. What only a person can
say stands as `TODO:` in the texts, and in the checklist.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from samurai.models.checkpoints import configuration_path
from samurai.models.manifest import ModelCard, bundled_folder, model_card
from samurai.policies import Policy, policy_class
from vot_wrapper.papers import PAPERS, VOT_PAPERS, bibliography, papers_in
from vot_wrapper.problems import Problem
from vot_wrapper.settings import PREFIX, Settings

WIDTH = 88
TODO = "TODO:"
SAM2_PAPER = "2408.00714"
_TRAINING = re.compile(r"^## How it was trained\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Experiment:
    """An experiment of the stack and how much of it is submitted."""

    name: str
    realtime: bool
    sequences: int
    runs: int


@dataclass(frozen=True)
class Submission:
    """What is known when a submission is packed.

    Attributes:
        identifier: as the challenge's server will know the tracker.
        label: its name in tables.
        section: its section of trackers.ini, by the names used there.
        settings: what the tracker process reads from it; None for a tracker that isn't this one.
        stack: the stack's name, or its title where it has none.
        experiments: what was run.
        frames: regions in all results.
        speed: frames per second outside real-time experiments, reading images included; None
            where no times are known.
        archive: the archive's file name.
        toolkit: version of the VOT toolkit.
        warnings: what the checks said that didn't hinder packing.
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
    warnings: Sequence[Problem] = ()

    @property
    def realtime(self) -> bool:
        return any(experiment.realtime for experiment in self.experiments)


@dataclass(frozen=True)
class Network:
    """A model and what its configuration says of its network."""

    card: ModelCard
    input: int  # side of the square input, pixels
    maps: int  # memory maps that a frame attends to at most, the initial one included
    encoder: str
    attention_layers: int

    @classmethod
    def of(cls, model: str) -> Network:
        """Raises ConfigurationError where the model or its configuration is missing."""
        card = model_card(model)
        text = configuration_path(card).read_text(encoding="utf-8")
        parts: dict[str, Any] = yaml.safe_load(text)["model"]
        encoder = _encoder(parts["image_encoder"]["trunk"])
        layers = parts["memory_attention"]["num_layers"]
        return cls(card, parts["image_size"], parts["num_maskmem"], encoder, layers)

    @property
    def prompt(self) -> str:
        if self.card.box_prompt == "points":
            return "an initial box is given to the network as its two corners"
        return "an initial box is given to the network as a filled mask"

    @property
    def view(self) -> str:
        if self.card.window is None:
            return "the whole frame"
        return f"a window that follows each object, {self.card.window:g} object sizes wide"


def _encoder(trunk: dict[str, Any]) -> str:
    """An image encoder in words, by the trunk that its configuration names."""
    kind = trunk["_target_"].rpartition(".")[2]
    if kind == "LiteTrunk":
        return "EfficientNet-Lite0"
    if kind != "Hiera":
        return f"{TODO} say what a {kind} is"
    text = f"Hiera, embedding {trunk['embed_dim']}"
    if "stages" in trunk:  # base_plus has sam2's default ones
        text += f", stages {'-'.join(str(blocks) for blocks in trunk['stages'])}"
    return text


def write(folder: Path, submission: Submission) -> list[Path]:
    """Writes the descriptions, the bibliography and the checklist; the files.

    Raises:
        ConfigurationError: the tracker's model or policy isn't known.
        OSError: the folder can't be written to.
    """
    texts = {
        "description-short.txt": short_description(submission),
        "description-long.md": long_description(submission),
        "tracker.bib": bibliography(_cited(submission)),
        "checklist.md": checklist(submission),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def short_description(submission: Submission) -> str:
    """A paragraph for the results paper's appendix, with LaTeX citations of tracker.bib."""
    settings = submission.settings
    if settings is None:
        sentences = [
            f"{_latex(submission.label)} {TODO} describe the tracker: architecture, memory, data."
        ]
    else:
        network, policy = Network.of(settings.model), policy_class(settings.policy)
        sentences = [
            f"{_latex(submission.label)} is a streaming tracker built on SAM 2.1~"
            f"{_cite([SAM2_PAPER])} with the model {_latex(settings.model)} ({network.encoder}, "
            f"input {network.input} x {network.input} pixels, which show {network.view}).",
            "Each frame is encoded once per view and decoded once per object, by attention to a "
            f"memory of fixed size: up to {network.maps} maps, the initial frame's among them, and "
            "object pointers.",
            f"The memory policy is {_policy_cited(policy)}: {_latex(_summary(policy))}",
            _training_short(network),
            f"The objects of a sequence are tracked independently; {network.prompt}.",
        ]
    return "\n".join(textwrap.wrap(" ".join(sentences), WIDTH, break_on_hyphens=False)) + "\n"


def long_description(submission: Submission) -> str:
    """The tracker in sections, in Markdown."""
    parts = [f"# {submission.label}", _about(submission)]
    if submission.settings is None:
        parts += ["## The tracker", f"{TODO} describe it. It isn't the tracker of this package."]
    else:
        network = Network.of(submission.settings.model)
        policy = policy_class(submission.settings.policy)
        parts += ["## Architecture", _architecture(network)]
        parts += [f"## Memory policy: {policy.name}", _policy_text(policy)]
        parts += ["## Training data", _training(network)]
        parts += ["## Settings", _settings_table(submission)]
    parts += ["## What is submitted", _submitted(submission)]
    parts += ["## References", _references(submission)]
    return "\n\n".join(parts) + "\n"


def checklist(submission: Submission) -> str:
    """What a person still has to do, in the order in which it is done."""
    groups = {
        "Before registering": _before(submission),
        "Registering": _registering(submission),
        "Uploading": _uploading(submission),
        "Afterwards": [
            "Keep this folder, the workspace's results and the weights: the committee may ask.",
            "Read the message with the scores; if a sequence failed, look there first.",
            "When the results paper is drafted: check names, affiliations and the description in "
            "its appendix.",
        ],
    }
    lines = [f"# What remains to be done for {submission.identifier} in {submission.stack}", ""]
    for title, items in groups.items():
        lines += [f"## {title}", "", *(_item(item) for item in items), ""]
    return "\n".join(lines)


def _about(submission: Submission) -> str:
    return _wrapped(
        f"Identifier `{submission.identifier}`, submitted to {submission.stack}. "
        f"Authors: {TODO} names and affiliations. Code: {TODO} a lasting link."
    )


def _architecture(network: Network) -> str:
    card = network.card
    rows = {
        "network": f"SAM 2.1, configuration `{card.configuration}`",
        "image encoder": network.encoder,
        "input": f"{network.input} x {network.input} pixels: {network.view}",
        "memory attention": f"{network.attention_layers} layers",
        "memory": f"up to {network.maps} maps per object (the initial frame's included)",
        "initial boxes": network.prompt,
        "motion weight": f"{card.motion_weight:g} (used by policies with a motion model)",
        "weights": f"`{card.file}`, {card.bytes:,} bytes",
        "sha256": f"`{card.sha256}`" if card.sha256 else "none is published",
        "from": card.url or "bundled with the code",
    }
    return _table(("part", "value"), rows.items())


def _policy_text(policy: type[Policy]) -> str:
    module = inspect.getdoc(inspect.getmodule(policy)) or f"{TODO} describe the policy."
    sources = [PAPERS[number].title for number in papers_in(module) if number in PAPERS]
    origin = f"After: {'; '.join(sources)}.\n\n" if sources else ""
    return f"{_summary(policy)}\n\n{origin}{module}"


def _settings_table(submission: Submission) -> str:
    """Every setting of the tracker process, and where its value comes from."""
    assert submission.settings is not None
    rows = []
    for field in fields(Settings):
        variable = PREFIX + field.name.upper()
        given = f"env_{variable}" in submission.section
        value = getattr(submission.settings, field.name)
        if field.name != "log":  # a path of this machine, and nothing that decides an answer
            rows.append((f"`{variable}`", f"{value}", "trackers.ini" if given else "default"))
    return _table(("variable", "value", "from"), rows)


def _training_short(network: Network) -> str:
    if network.card.url is None:
        paragraph = _bundled_training(network).split("\n\n")[0]
        plain = " ".join(paragraph.replace("`", "").split())
        return f"Training of the weights: {_latex(plain) or TODO}"
    return (
        f"The released weights are used as they are, without further training; their training "
        f"data (SA-1B and SA-V among them) are described in~{_cite([SAM2_PAPER])}."
    )


def _training(network: Network) -> str:
    if network.card.url is None:
        return _bundled_training(network) or f"{TODO} say with what the bundled model was trained."
    return _wrapped(
        "The weights are those released with SAM 2.1, used as they are, without further training. "
        "The SAM 2 paper (arXiv 2408.00714) describes their training data, SA-1B and SA-V among "
        f"them. {TODO} check them against the challenge's list of forbidden training data."
    )


def _bundled_training(network: Network) -> str:
    """The section on training of a bundled model's card; empty without one."""
    file = bundled_folder() / f"{network.card.name}.md"
    found = _TRAINING.search(file.read_text(encoding="utf-8")) if file.exists() else None
    return found.group(1).strip() if found else ""


def _submitted(submission: Submission) -> str:
    rows = [
        (each.name, "yes" if each.realtime else "no", f"{each.sequences}", f"{each.runs}")
        for each in submission.experiments
    ]
    table = _table(("experiment", "real time", "sequences", "trajectories"), rows)
    speed = "not known" if submission.speed is None else f"{submission.speed:.1f} frames per second"
    return f"{table}\n\n" + _wrapped(
        f"{submission.frames:,} regions in `{submission.archive}`, packed with vot-toolkit "
        f"{submission.toolkit}. Measured speed: {speed}, as the toolkit timed it outside real-time "
        "experiments, reading each image included."
    )


def _references(submission: Submission) -> str:
    lines = []
    for number in _cited(submission):
        paper = PAPERS.get(number)
        lines.append(f"- {paper.reference if paper else f'arXiv {number}'}")
    return "\n".join(lines)


def _before(submission: Submission) -> list[str]:
    # Without the remedies, whose commands name folders of this machine.
    items = [f"Look at this: {problem.finding}." for problem in submission.warnings]
    items += [
        "Read the participation rules of this year's challenge: which training data are "
        "forbidden, how many trackers a team may submit and how far they must differ.",
        "Fill in every `TODO:` of description-short.txt and description-long.md, and read the "
        "rest: the texts were put together from settings and docstrings.",
        "Complete tracker.bib with your own paper, if there is one.",
    ]
    if unknown := [number for number in _cited(submission) if number not in PAPERS]:
        items.append(f"tracker.bib has only the number of arXiv {', '.join(unknown)}: complete it.")
    if submission.settings is not None and submission.settings.device == "auto":
        items.append("Name the hardware that the results were made on: the device was `auto`.")
    items.append("Compare requirements-lock.txt with the environment that made the results.")
    return items


def _registering(submission: Submission) -> list[str]:
    flag = (
        "Tick the real-time flag: the stack has a real-time experiment."
        if submission.realtime
        else "Leave the real-time flag off unless you mean it: this stack measures no real time."
    )
    return [
        "Register the tracker on the challenge's page at https://www.votchallenge.net and fill in "
        "its questionnaire.",
        f"Give exactly the identifier `{submission.identifier}`: the archive's manifest names it.",
        flag,
        "Enter the authors in the order of the paper's appendix, with affiliations and a contact "
        "address that will be read.",
        "Give a lasting link to the code (it may be protected until the workshop); the code at "
        "that link must be what made these results.",
        "Upload or paste the short and the long description and the BibTeX entries.",
    ]


def _uploading(submission: Submission) -> list[str]:
    names = ", ".join(each.name for each in submission.experiments)
    return [
        f"Check that the server expects the stack {submission.stack} ({names}).",
        f"Upload `{submission.archive}` as it is: repacking it changes its layout.",
        "Note the date, and the submission's number if the server gives one.",
    ]


def _cited(submission: Submission) -> list[str]:
    """Numbers of the papers that this tracker rests on, each once."""
    numbers: list[str] = []
    if submission.settings is not None:
        policy = policy_class(submission.settings.policy)
        text = f"{inspect.getdoc(inspect.getmodule(policy)) or ''}\n{inspect.getdoc(policy) or ''}"
        numbers = [SAM2_PAPER, *papers_in(text)]
    return list(dict.fromkeys((*numbers, *VOT_PAPERS)))


def _policy_cited(policy: type[Policy]) -> str:
    numbers = papers_in(inspect.getdoc(inspect.getmodule(policy)) or "")
    name = _latex(policy.name)
    return f"{name}~{_cite(numbers)}" if numbers else name


def _summary(policy: type[Policy]) -> str:
    """The first paragraph of a policy's own docstring, on one line."""
    own = policy.__doc__ or f"{TODO} describe the policy."
    return " ".join(inspect.cleandoc(own).split("\n\n")[0].split())


def _latex(text: str) -> str:
    """Plain text as LaTeX reads it."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


def _cite(numbers: Iterable[str]) -> str:
    keys = [PAPERS[number].key if number in PAPERS else f"arxiv{number}" for number in numbers]
    return "\\cite{" + ",".join(keys) + "}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def _item(text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent="- [ ] ",
        subsequent_indent="      ",
        break_on_hyphens=False,
        break_long_words=False,
    )

"""The texts of a submission: made from manifest, configuration, docstrings and results."""

from __future__ import annotations

import dataclasses
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from samurai.cli.finding import Finding
from samurai.models.manifest import bundled_folder, model_card, model_names
from samurai.policies import POLICIES, policy_names
from samurai.policies.sam2 import Sam2Policy
from vot_wrapper.settings import Settings
from vot_wrapper.submission.environment_lock import lock
from vot_wrapper.submission.references import known_references, plain, references_in
from vot_wrapper.submission.texts import Experiment, Submission, latex, texts_of, write

SUBMISSION = Submission(
    identifier="samurai-x",
    label="SAMURAI-X",
    section={"env_SAMURAI_MODEL": "large"},
    settings=Settings(model="large"),
    stack="vots2025/main",
    experiments=[Experiment("baseline", False, 12, 34)],
    frames=56789,
    speed=7.25,
    archive="samurai-x_2026.zip",
    toolkit="0.9.0",
    warnings=[Finding("WARN", "samurai-x", "something odd", "look")],
)


def told(**changes: Any) -> tuple[str, str, str]:
    """The short and the long description and the checklist, each on one line."""
    texts = texts_of(dataclasses.replace(SUBMISSION, **changes))
    names = ("description-short.txt", "description-long.md", "checklist.md")
    short, long, todo = (" ".join(texts[name].split()) for name in names)
    return short, long, todo


@pytest.mark.parametrize(
    ("model", "policy"),
    [*((model, "samurai") for model in model_names()), *(("nano", p) for p in policy_names())],
)
def test_every_tracker_can_be_described(tmp_path: Path, model: str, policy: str) -> None:
    settings = Settings(model=model, policy=policy)
    files = write(tmp_path, dataclasses.replace(SUBMISSION, settings=settings))
    texts = {file.name: file.read_text() for file in files}
    card = model_card(model)
    long = texts["description-long.md"]
    for known in (
        f"{card.bytes:,}" if card.bytes else str(card.page),
        card.file,
        card.configuration,
        f"| {card.motion_weight:g} ",
    ):
        assert known in long
    short = texts["description-short.txt"]
    assert all(len(line) <= 100 for line in short.splitlines())
    assert model in long and policy in long
    assert model.replace("_", "\\_") in short and policy in short
    assert not re.search(r"(?<!\\)[&%$#_]", re.sub(r"\\cite\{.*?\}", "", short)), "LaTeX"
    # What is cited is in the bibliography, and no number of a result is made up.
    cited = {key for group in re.findall(r"\\cite\{(.*?)\}", short) for key in group.split(",")}
    assert cited and cited <= set(re.findall(r"@\w+\{(.*?),", texts["tracker.bib"]))


def test_the_training_is_told_in_whole_paragraphs() -> None:
    short, long, _ = told(settings=Settings(model="nano"))
    card = (bundled_folder() / "nano.md").read_text(encoding="utf-8")
    section = card.partition("## How it was trained\n\n")[2]
    words = section.partition("\n\n")[0].replace("`", "").replace("**", "").split()
    assert f"Training of the weights: {' '.join(words)} The objects" in short.replace("\\", "")
    assert "| image encoder | EfficientNet-Lite0 |" in long and "Hiera, embedding" not in long
    assert "EfficientNet-Lite0, input 160 x 160 pixels" in short
    assert "SA-V" not in long and "SA-V" in told()[1]


def test_descriptions_have_the_numbers_of_model_and_results() -> None:
    short, long, _ = told()
    assert "stages 2-6-36-4, input 1024 x 1024" in short
    assert "\\cite{ravi2024sam2}" in short and "\\cite{yang2024samurai}" in short
    assert "7.2 frames" in long and "| baseline | no | 12 | 34 |" in long
    assert "56,789 regions in `samurai-x_2026.zip`" in long
    assert "| `SAMURAI_MODEL` | large | trackers.ini |" in long
    assert "| `SAMURAI_DEVICE` | auto | default |" in long


def test_nothing_is_claimed_of_a_foreign_tracker() -> None:
    short, long, _ = told(settings=None, speed=None)
    for text in (short, long):
        assert "TODO:" in text and "Hiera" not in text
    assert "speed: not known" in long


def test_the_checklist_is_of_this_submission() -> None:
    todo = told()[2]
    for words in ("something odd", "`samurai-x`", "`samurai-x_2026.zip`", "real-time flag off"):
        assert words in todo
    realtime = [*SUBMISSION.experiments, Experiment("realtime", True, 12, 34)]
    other = told(experiments=realtime, settings=Settings(device="cuda:0"))[2]
    assert "Tick the real-time flag" in other and "`auto`" in todo and "`auto`" not in other


def test_a_policy_brings_its_paper_along(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(Sam2Policy):
        """Remembers what distracts."""

        name = "other"

    monkeypatch.setitem(POLICIES, "other", Other)
    monkeypatch.setattr("inspect.getmodule", lambda _: None)  # no docstring but its own
    monkeypatch.setattr(Other, "__doc__", "Remembers what distracts (arXiv 2999.12345).")
    texts = texts_of(dataclasses.replace(SUBMISSION, settings=Settings(policy="other")))
    assert "\\cite{arxiv2999.12345}" in texts["description-short.txt"]
    assert "Complete the entry of arXiv 2999.12345" in texts["checklist.md"]
    assert "- arXiv 2999.12345\n" in texts["description-long.md"]
    assert "eprint = {2999.12345}" in texts["tracker.bib"] and "TODO" in texts["tracker.bib"]


def test_every_entry_of_the_bibliography_is_read_whole() -> None:
    """By the small reader, which knows no other BibTeX than that of this file."""
    text = resources.files("vot_wrapper.submission").joinpath("references.bib").read_text()
    known = known_references()
    entries = "\n".join(each.bibtex for each in known.values())
    assert text.endswith(f"\n\n{entries}")
    for each in known.values():
        assert each.bibtex.count("{") == each.bibtex.count("}")
        assert len(each.fields) == len(re.findall(r"^  \w+ = ", each.bibtex, re.MULTILINE))
        assert each.known and not set("{}\\\n") & set(each.line)
    assert known["cehovin2017trax"].line.startswith("Čehovin, Luka: TraX")


def test_papers_are_found_by_their_numbers_each_once() -> None:
    found = references_in("see arXiv 2411.11922 and arXiv:2408.00714, arXiv 2411.11922")
    assert [each.key for each in found] == ["yang2024samurai", "ravi2024sam2"]


def test_names_are_read_from_bibtex_and_written_for_latex() -> None:
    bibtex = r"""Doll{\'a}r and {\v{C}}ehovin and
              Luke\v{z}i\'{c} and M{\"u}ller and {VOT initiative}"""
    assert plain(bibtex) == "Dollár and Čehovin and Lukežić and Müller and VOT initiative"
    assert latex(r"a_b 50% {x} ~ \o é") == (
        r"a\_b 50\% \{x\} \textasciitilde{} \textbackslash{}o é"
    )


def test_the_lock_is_readable_by_pip_and_names_no_place() -> None:
    text = lock("cuda:0")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    pins = [line.partition("  #")[0] for line in text.splitlines() if not line.startswith("#")]
    names = {Requirement(pin).name.lower() for pin in pins}
    assert {"torch", "numpy", "vot-toolkit", "sam2"} <= names
    assert len(names) == len(pins)
    assert any("Python 3." in line for line in comments)
    assert any("device: cuda:0" in line for line in comments)
    assert "file:" not in text and str(Path.home()) + "/" not in text

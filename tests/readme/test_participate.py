"""docs/participate.md: its commands parse, its sections exist, its numbers are the ablation's."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from samurai.cli.command import commands
from vot_wrapper.rehearsal.plans import PLANS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "participate.md").read_text(encoding="utf-8")
ABLATION = (ROOT / "docs" / "ablation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
OURS = [line for line in LINES if line.startswith("samurai ")]


@pytest.mark.parametrize("line", OURS)
def test_a_command_of_the_page_parses(line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    (command,) = (each for each in commands() if each.name == name)
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.implementation().add_arguments(parser)
    parsed = parser.parse_args(arguments)
    if name == "rehearse":
        assert parsed.stack in PLANS


def test_every_challenge_that_can_be_rehearsed_is_on_the_page() -> None:
    assert {shlex.split(line)[2] for line in OURS if "rehearse" in line} == set(PLANS)


def test_its_trackers_are_sections_of_trackers_ini() -> None:
    registry = (ROOT / "trackers.ini").read_text(encoding="utf-8")
    named = set(re.findall(r"--tracker (\S+)", PAGE)) - {"my-tracker"}
    named |= set(re.findall(r"`(samurai-(?:dam-l|t|folder-l))`", PAGE))
    assert len(named) > 2 and all(f"\n[{name}]\n" in registry for name in named)


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """The first table below a heading: the cells of each row by its first."""
    table = re.search(rf"{re.escape(heading)}.*?\n((?:\|[^\n]*\n)+)", text, re.DOTALL)
    assert table is not None, heading
    cells = [
        [c.strip() for c in line.strip("|\n").split("|")] for line in table[1].splitlines()[2:]
    ]
    return {first: rest for first, *rest in cells}


def test_the_numbers_behind_the_choice_are_those_of_the_ablation() -> None:
    """When the ablation is made anew, this table and the sentences below it have to be, too."""
    bundled = rows(ABLATION, "\n### bundled\n")
    several = rows(ABLATION, "\n### multiobject\n")
    hard = rows(ABLATION, "\n### hard\n")
    everything = rows(ABLATION, "\n### Overlap, all")
    page = rows(PAGE, "these are its numbers:")
    assert set(page) == set(bundled)
    for policy, cells in page.items():
        overlap, _, low, high = everything[policy]
        interval = "-" if low == "-" else f"{low} to {high}"
        expected = [bundled[policy][0], several[policy][0], hard[policy][0], overlap, interval]
        assert cells == expected, policy
    best = max(page, key=lambda policy: float(page[policy][3]))
    assert f"`{best}` is first overall" in PAGE


def test_numbers_without_a_measurement_are_called_estimates() -> None:
    table = PAGE[PAGE.index("## Times and disk space") : PAGE.index("## Against the clock")]
    assert "**Estimates, not measurements.**" in table
    gpus = [line for line in table.splitlines() if re.match(r"\| (RTX|A100|H100)", line)]
    assert len(gpus) == 4 and all("(estimate)" in line for line in gpus)
    manifest = (ROOT / "checkpoints" / "manifest.toml").read_text(encoding="utf-8")
    for model, megabytes in (("tiny", 156), ("large", 898)):
        (size,) = re.findall(rf"\[{model}\][^\[]*?bytes = (\d+)", manifest)
        assert int(size) // 10**6 == megabytes and f"{megabytes} MB" in table


def test_its_links_lead_somewhere() -> None:
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]+))?\)", PAGE):
        text = PAGE if not target else (ROOT / "docs" / target).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
        slugs = {
            re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings
        }
        assert not anchor or anchor in slugs, (target, anchor)

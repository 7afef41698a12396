"""Files of an ablation: JSON, CSV, pictures, and the page with its tables between two marks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from PIL import Image

from samurai.errors import ConfigurationError
from samurai.evaluation.ablation.charts import charts
from samurai.evaluation.ablation.tables import markdown, tables
from samurai.evaluation.ablation.values import (
    Ablation,
    Combination,
    attribute_overlap,
    difference,
    mean_overlap,
)
from samurai.evaluation.bootstrap import Difference

BEGIN = "<!-- samurai ablate: tables begin; text between these marks is generated -->"
END = "<!-- samurai ablate: tables end -->"
NEW_PAGE = f"""# Memory policies side by side

<!-- Which policy wins where, and why: written by hand, and left alone by `samurai ablate`. -->

{BEGIN}
{END}
"""


def write_all(ablation: Ablation, page: Path) -> list[Path]:
    """Writes the page, and beside it a folder of its name with pictures, JSON and CSV.

    Raises:
        ConfigurationError: the page is there and lacks the marks.
    """
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(document(ablation), indent=1)
    (folder / "results.json").write_text(content + "\n", encoding="utf-8")
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows(ablation))
    pictures = []
    for name, picture in charts(ablation).items():
        file = folder / f"{name}.png"
        Image.fromarray(picture).quantize(64, dither=Image.Dither.NONE).save(file, optimize=True)
        pictures.append(file)
    write_page(page, _between(ablation, folder.name, pictures))
    return [page, folder / "results.json", folder / "results.csv", *pictures]


def write_page(page: Path, tables: str) -> None:
    """Puts tables between the marks of a page, or makes a page; the rest stays unchanged."""
    text = page.read_text(encoding="utf-8") if page.exists() else NEW_PAGE
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ConfigurationError(
            f"{page} has no place for the tables. Remedy: put these two lines where they belong:\n"
            f"{BEGIN}\n{END}"
        )
    page.write_text(f"{head}{BEGIN}\n\n{tables.strip()}\n\n{END}{tail}", encoding="utf-8")


def document(ablation: Ablation) -> dict[str, Any]:
    """Everything as JSON values."""
    return {
        **ablation.made,
        "reference": ablation.reference,
        "combinations": [_combination(ablation, c) for c in ablation.combinations],
    }


def _combination(ablation: Ablation, combination: Combination) -> dict[str, Any]:
    parts = ablation.parts
    attributes = {
        name: {"overlap": found[0], "sequences": found[1], "frames": found[2]}
        for name in ablation.attributes()
        if (found := attribute_overlap(parts, combination, name)) is not None
    }
    return {
        "policy": combination.policy,
        "setting": combination.setting,
        "model": combination.model_name,
        "stale": ablation.stale.get(combination, []),
        "measures": {
            part.name: {
                f"{column.experiment} {column.measure}".strip(): value
                for column, value in zip(part.columns, part.values[combination], strict=True)
            }
            for part in parts
        },
        "overlap": {s: mean_overlap(p, combination) for s, p in ablation.scopes().items()},
        "difference": {
            scope: vars(gap)
            for scope in ablation.scopes()
            if (gap := _difference(ablation, scope, combination)) is not None
        },
        "attributes": attributes,
        "sequences": {
            f"{part.name}/{name}": overlap.mean
            for part in parts
            for name, overlap in part.overlaps.get(combination, {}).items()
        },
    }


def _difference(ablation: Ablation, scope: str, combination: Combination) -> Difference | None:
    reference = ablation.compared_with(combination)
    if reference is None:
        return None
    return difference(ablation.scopes()[scope], combination, reference)


def rows(ablation: Ablation) -> list[list[str | float | None]]:
    """Everything as lines of one number each, for a spreadsheet."""
    lines: list[list[str | float | None]] = [["policy", "model", "kind", "place", "name", "value"]]
    for combination in ablation.combinations:
        who = [combination.what, combination.model_name]
        found = _combination(ablation, combination)
        for place, measures in found["measures"].items():
            lines += [[*who, "measure", place, name, value] for name, value in measures.items()]
        for place, value in found["overlap"].items():
            lines.append([*who, "overlap", place, "", value])
        for place, gap in found["difference"].items():
            lines += [[*who, "difference", place, name, value] for name, value in gap.items()]
        for name, values in found["attributes"].items():
            lines.append([*who, "attribute", "all", name, values["overlap"]])
        for place, value in found["sequences"].items():
            lines.append([*who, "sequence", place, "", value])
    return lines


def _between(ablation: Ablation, folder: str, pictures: list[Path]) -> str:
    """The text between the marks."""
    made = ", ".join(f"{name} {value}" for name, value in ablation.made.items())
    lines = [f"Made with `samurai ablate`: {made}.", ""]
    for combination in ablation.combinations:
        for change in ablation.stale.get(combination, []):
            lines.append(f"- STALE, {combination.identifier}: {change}")
    shown = {file.stem: f"![{file.stem}]({folder}/{file.name})\n" for file in pictures}
    blocks = [markdown(table) for table in tables(ablation)]
    return "\n".join(lines) + "\n" + "\n".join([*blocks, *shown.values()])

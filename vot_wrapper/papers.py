"""The papers that a submission cites, by their arXiv number, and BibTeX of them.

A policy names its source in its module's docstring (`arXiv 2411.11922`); that is how it gets into
the bibliography. A number that isn't listed here still gets an entry, without title and authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(r"\barXiv[: ]\s*(\d{4}\.\d{4,5})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Paper:
    """One entry: `venue` is a line of BibTeX like `journal = {...}`; authors as BibTeX has them."""

    key: str
    authors: str
    title: str
    year: int | None
    venue: str
    kind: str = "article"

    @property
    def reference(self) -> str:
        """The paper on one line of plain text."""
        names = self.authors.replace("{\\v{C}}", "Č").replace('{\\"a}', "ä").replace("{\\'a}", "á")
        first, *others = names.split(" and ")
        year = "" if self.year is None else f" {self.year}."
        return f"{first}{' et al.' if others else ''}: {self.title}.{year}".replace(
            "{", ""
        ).replace("}", "")


PAPERS = {
    "2408.00714": Paper(
        "ravi2024sam2",
        "Ravi, Nikhila and Gabeur, Valentin and Hu, Yuan-Ting and Hu, Ronghang and "
        'Ryali, Chaitanya and Ma, Tengyu and Khedr, Haitham and R{\\"a}dle, Roman and '
        "Rolland, Chloe and Gustafson, Laura and Mintun, Eric and Pan, Junting and "
        "Alwala, Kalyan Vasudev and Carion, Nicolas and Wu, Chao-Yuan and Girshick, Ross and "
        "Doll{\\'a}r, Piotr and Feichtenhofer, Christoph",
        "SAM 2: Segment Anything in Images and Videos",
        2024,
        "journal = {arXiv preprint arXiv:2408.00714}",
    ),
    "2411.11922": Paper(
        "yang2024samurai",
        "Yang, Cheng-Yen and Huang, Hsiang-Wei and Chai, Wenhao and Jiang, Zhongyu and "
        "Hwang, Jenq-Neng",
        "SAMURAI: Adapting Segment Anything Model for Zero-Shot Visual Tracking with Motion-Aware "
        "Memory",
        2024,
        "journal = {arXiv preprint arXiv:2411.11922}",
    ),
    "2411.17576": Paper(
        "videnovic2025dam4sam",
        "Videnovic, Jovana and Lukezic, Alan and Kristan, Matej",
        "A Distractor-Aware Memory for Visual Object Tracking with SAM2",
        2025,
        "booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition}",
        kind="inproceedings",
    ),
    "2507.07603": Paper(
        "chen2025him2sam",
        "Chen, Ruixiang and Sun, Guolei and Li, Yawei and Qin, Jie and Benini, Luca",
        "HiM2SAM: Enhancing SAM2 with Hierarchical Motion Estimation and Memory Optimization "
        "towards Long-term Tracking",
        2025,
        "journal = {arXiv preprint arXiv:2507.07603}",
    ),
    "2505.00739": Paper(
        "yang2025mosam",
        "Yang, Qiushi and Yao, Yuan and Cui, Miaomiao and Bo, Liefeng",
        "MoSAM: Motion-Guided Segment Anything Model with Spatial-Temporal Memory Selection",
        2025,
        "journal = {arXiv preprint arXiv:2505.00739}",
    ),
    "2410.16268": Paper(
        "ding2024sam2long",
        "Ding, Shuangrui and Qian, Rui and Dong, Xiaoyi and Zhang, Pan and Zang, Yuhang and "
        "Cao, Yuhang and Guo, Yuwei and Lin, Dahua and Wang, Jiaqi",
        "SAM2Long: Enhancing SAM 2 for Long Video Segmentation with a Training-Free Memory Tree",
        2024,
        "journal = {arXiv preprint arXiv:2410.16268}",
    ),
    "1705.04469": Paper(
        "cehovin2017trax",
        "{\\v{C}}ehovin, Luka",
        "TraX: The visual Tracking eXchange Protocol and Library",
        2017,
        "journal = {Neurocomputing}",
    ),
    "vot-toolkit": Paper(
        "vot-toolkit",
        "{VOT initiative}",
        "The VOT toolkit",
        None,
        "howpublished = {\\url{https://github.com/votchallenge/toolkit}}",
        kind="misc",
    ),
}

VOT_PAPERS = ("vot-toolkit", "1705.04469")
"""What every submission to a VOT challenge rests on."""


def papers_in(text: str) -> list[str]:
    """The arXiv numbers that a text names, in its order, each once."""
    return list(dict.fromkeys(_NUMBER.findall(text)))


def bibliography(numbers: Iterable[str]) -> str:
    """BibTeX entries; an unknown number becomes one that says so."""
    return "\n".join(_entry(number) for number in numbers)


def _entry(number: str) -> str:
    paper = PAPERS.get(number)
    if paper is None:
        return (
            f"@misc{{arxiv{number},\n  eprint = {{{number}}},\n  archivePrefix = {{arXiv}},\n"
            "  note = {TODO: complete authors, title and year}\n}\n"
        )
    fields = [f"author = {{{paper.authors}}}", f"title = {{{{{paper.title}}}}}", paper.venue]
    if paper.year is not None:
        fields.append(f"year = {{{paper.year}}}")
    return f"@{paper.kind}{{{paper.key},\n  " + ",\n  ".join(fields) + "\n}\n"

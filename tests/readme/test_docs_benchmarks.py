"""docs/benchmarks.md: its commands run, its tables are the code's, its options exist."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest

from samurai.cli.main import main
from samurai.datasets import DATASETS, dataset
from samurai.datasets.base import BoxSequence
from samurai.evaluation.measures import PROTOCOLS

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES: list[str] = [
    line.partition(" #")[0].strip()
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
]


def the_line(start: str) -> str:
    """The only command of the page that begins so."""
    found: list[str] = [each for each in LINES if each.startswith(f"samurai benchmark {start}")]
    assert len(found) == 1, found
    return found[0]


def cells(heading: str) -> list[list[str]]:
    """The rows of the table that begins so."""
    (table,) = re.findall(rf"^{re.escape(heading)}[^\n]*\n((?:\|[^\n]*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()][
        1:
    ]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page's second block writes and runs, of four frames."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in BLOCKS[1].splitlines():
            smoke = [] if " example " in line else ["--first", "4"]
            assert main([*shlex.split(line.replace("/tmp/", ""))[1:], *smoke]) == 0
    return folder


def test_the_first_run_of_a_newcomer(example: Path) -> None:
    folder = example / "benchmark_results" / "lasot" / "samurai-nano-first-4"
    found = {file.stem for file in folder.glob("*-1.txt")}
    assert found == {
        each.name for each in dataset("lasot").read(example / "lasot", False).sequences
    }


def test_check_and_score(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(example)
    for start in ("check lasot", "score lasot RESULTS --root LaSOT_Evaluation_Toolkit"):
        line = re.sub(r"--root \S+", "--root lasot", the_line(start))
        line = line.replace("RESULTS", "benchmark_results")
        assert main(shlex.split(line)[1:]) == 0
    assert "6 sequences are complete" in capsys.readouterr().out
    for name in ("scores.csv", "table.tex", "scores.html"):
        assert (example / name).stat().st_size
    written = json.loads((example / "scores.json").read_text())
    said = " ".join(PAGE.partition("JSON: ")[2].partition("\n\n")[0].split())
    (entry,) = written["trackers"].values()
    for key in [*written, *entry]:
        assert re.search(rf"\b{key}\b", said), f"the page doesn't name {key}"


def test_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", "example", "got10k-val", "GOT-10k"]) == 0
    (tmp_path / "GOT-10k" / "val").rename(tmp_path / "GOT-10k" / "test")
    reading = dataset("got10k-test").read(tmp_path / "GOT-10k", False)
    for each in reading.sequences:
        assert isinstance(each, BoxSequence)
        file = tmp_path / "benchmark_results/got10k-test/samurai-large" / f"{each.name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        row = ",".join(str(value) for value in each.truth[0])
        file.write_text(f"{row}\n" * each.frames)
    line = the_line("pack got10k-test benchmark_results").replace("~/data/", "")
    assert main(shlex.split(line)[1:]) == 0
    with zipfile.ZipFile("samurai-large-got10k-test.zip") as archive:
        names = set(archive.namelist())
    assert names == {
        f"{each.name}/{each.name}_{kind}.txt"
        for each in reading.sequences
        for kind in ("001", "time")
    }


@pytest.mark.parametrize("line", [line for line in LINES if "~/data" in line])
def test_a_command_with_a_root_of_its_own_parses(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path / "none") if "~" in each else each for each in shlex.split(line)[1:]]
    said = ""
    try:
        code = main(arguments)
    except SystemExit as error:
        code, said = 2, str(error)
    captured = capsys.readouterr()
    assert code in (1, 2) and "doesn't exist" in said + captured.err + captured.out


def test_its_options_exist() -> None:
    known = set()
    for action in ("run", "score", "pack", "check"):
        with contextlib.redirect_stdout(io.StringIO()) as text, pytest.raises(SystemExit):
            main(["benchmark", action, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]*", text.getvalue()))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGE)) - {"--from"}  # of `workspace`
    assert named <= known


def test_the_table_of_data_sets() -> None:
    listed: dict[str, tuple[str, ...]] = {}
    for names, _, _, scored, *_ in cells("| name | data set |"):
        for name in re.findall(r"`([^`]+)`", names):
            listed[name] = tuple(re.findall(r"`([^`]+)`", scored))
    assert set(listed) == set(DATASETS)
    for name, protocols in listed.items():
        assert set(protocols) <= set(DATASETS[name].protocols)
        if "server" not in "".join(protocols) and protocols:
            assert protocols == DATASETS[name].protocols


def test_the_table_of_rules() -> None:
    rules = {}
    for names, _, usable, invalid, absent in cells("| protocol | of |"):
        for name in re.findall(r"`([\w-]+)`", names):
            rules[name] = (usable, invalid, absent)
    assert set(rules) == set(PROTOCOLS)
    for name, (_, invalid, absent) in rules.items():
        protocol = PROTOCOLS[name]
        if invalid:
            assert invalid == f"{protocol.invalid_center} / {protocol.invalid_normalized}"
        if "told" not in absent:
            said = absent.replace("*", "")
            assert said == f"{protocol.absent_center} / {protocol.absent_normalized}"


def test_the_table_of_published_scores() -> None:
    columns = ("lasot", "lasot-ext", "got10k-test", "trackingnet")
    rows = {row[0].partition(",")[0]: row[1:] for row in cells("| | LaSOT AUC")}
    for column, name in enumerate(columns):
        for score in DATASETS[name].published:
            shown = [float(part) for part in rows[score.tracker][column].split("/")]
            assert shown == list(score.values.values()), (name, score.tracker)
        known = {each.tracker for each in DATASETS[name].published}
        assert {tracker for tracker, row in rows.items() if row[column]} == known


def test_the_snippet() -> None:
    (snippet,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as text:
        exec(snippet, {})
    assert text.getvalue().strip() == re.findall(r"#\s*(\S+)", snippet)[-1]


def test_no_action_is_left_out() -> None:
    with contextlib.redirect_stdout(io.StringIO()) as text, pytest.raises(SystemExit):
        main(["benchmark", "--help"])
    for action in re.findall(r"^    (\w+) ", text.getvalue(), re.MULTILINE):
        assert action == "run" or f"samurai benchmark {action}" in PAGE

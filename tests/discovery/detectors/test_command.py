"""A detector over a pipe: any program, whatever it does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samurai.discovery.detectors import command as command_module
from samurai.discovery.detectors import program as program_module
from samurai.discovery.detectors.base import Frame
from samurai.discovery.detectors.checking import MOST, CheckedDetector
from samurai.discovery.detectors.command import FAILURES, CommandDetector, create
from samurai.discovery.detectors.words import Words
from samurai.errors import ConfigurationError, DetectorError
from samurai.masks import to_coco_rle
from samurai.regions import Box, Mask

FRAME: Frame = np.arange(30 * 40 * 3, dtype=np.uint64).astype(np.uint8).reshape(30, 40, 3)
HEAD = "import json, os, signal, subprocess, sys, time\n"
EMPTY = """
for line in sys.stdin:
    print(json.dumps({"detections": []}), flush=True)
"""
DOG = {"label": "dog", "score": 0.9, "box": [1, 2, 3, 4]}
NO_BOXES: Sequence[Any] = (
    *(None, {}, "1234", [1, 2, 3], [1, 2, 3, "x"], [1, 2, 3, 10**400], [1, 2, 3, [4]]),
)
Started = Any


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Starts a program's text; all programs are closed at the end."""
    started: list[CommandDetector] = []

    def run(text: str, seconds: float = 20) -> CommandDetector:
        file = tmp_path / f"program{len(started)}.py"
        file.write_text(HEAD + text)
        started.append(CommandDetector([sys.executable, "-S", "-E", str(file)], seconds))
        return started[-1]

    yield run
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def repeating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandDetector]:
    """A program that answers with the first word."""
    file = tmp_path_factory.mktemp("repeating") / "program.py"
    text = "for line in sys.stdin:\n    print(json.loads(line)['words'][0], flush=True)\n"
    file.write_text(HEAD + text)
    detector = CommandDetector([sys.executable, "-S", "-E", str(file)], 20)
    yield detector
    detector.close()


def answering(*entries: Any) -> str:
    """A program with always the same answer."""
    line = json.dumps({"detections": list(entries)})
    return f"for line in sys.stdin:\n    print({line!r}, flush=True)\n"


def refused(detector: CommandDetector) -> str:
    with pytest.raises(DetectorError) as caught:
        detector.detect(FRAME, ["dog"])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def process_of(detector: CommandDetector) -> subprocess.Popen[bytes]:
    assert detector._program is not None
    return detector._program._process


def exists(number: int) -> bool:
    """Whether a process is there, be it as a zombie."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, 0)
        return True
    return False


def vanishes(number: int) -> bool:
    """Whether a process that isn't our child ends: who adopted it may take a moment."""
    end = time.monotonic() + 20
    while exists(number) and time.monotonic() < end:
        stat = Path(f"/proc/{number}/stat")
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        time.sleep(0.01)
    return not exists(number)


def test_a_program_is_started_once_and_gets_frame_and_words(start: Started) -> None:
    detector = start("""
import base64
for count, line in enumerate(sys.stdin):
    request = json.loads(line)
    frame = request["frame"]
    data = base64.b64decode(frame["data"])
    assert len(data) == frame["width"] * frame["height"] * 3 and frame["format"] == "rgb24"
    box = [data[0], data[1], data[-1] or 1, frame["height"]]
    score = 0.5 + count / 8
    words = request["words"]
    entry = {"label": words[-1], "score": score, "box": box}
    print(json.dumps({"id": request["id"], "detections": [entry]}), flush=True)
""")
    for count in range(3):
        frame = FRAME.copy()
        frame[0, 0] = (count, 7, 9)
        (found,) = detector.detect(frame, ["dog", 'red "car" 犬'])
        box = Box(count, 7, int(frame[-1, -1, -1]), 30)
        assert (found.label, found.score, found.region) == ('red "car" 犬', 0.5 + count / 8, box)


def test_masks_come_as_run_lengths(start: Started) -> None:
    array = np.zeros((30, 40), np.bool_)
    array[3:9, 5:30] = True
    detector = start(answering({"label": "dog", "score": 1, "mask": to_coco_rle(array)}))
    (found,) = detector.detect(FRAME, ["dog"])
    assert isinstance(found.region, Mask) and np.array_equal(found.region.array, array)


def test_of_thousands_of_masks_the_best_are_unpacked(start: Started) -> None:
    rle = {"size": [30, 40], "counts": [0, 1200]}
    entries = [{"label": "dog", "score": n / 5000, "mask": rle} for n in range(5000)]
    entries += [{"label": "dog", "score": None, "mask": rle}] * 9
    found = start(answering(*entries, DOG)).detect(FRAME, ["dog"])
    kept = {each.score for each in found if isinstance(each.region, Mask)}
    assert kept == {n / 5000 for n in range(5000 - MOST, 5000)}
    assert len(found) == MOST + 1


def test_a_frame_larger_than_the_pipe_and_long_messages_at_the_same_time(start: Started) -> None:
    detector = start("""
sys.stderr.write("x" * 300_000 + "\\n")
sys.stdout.write("loading\\n" * 50_000)
sys.stdout.flush()
""" + EMPTY)  # fmt: skip
    assert detector.detect(np.zeros((600, 800, 3), np.uint8), ["dog"]) == []


@pytest.mark.parametrize(
    "answer",
    [
        *("{", "{}", "{'detections': []}", '{"detections": 3}', '{"detections": [3]}'),
        *('{"detections": null}', '{"id": 7, "detections": []}', '{"id": "1", "detections": []}'),
        *(
            json.dumps({"detections": [each]})
            for each in (
                {},
                {"label": "dog"},
                {**DOG, "score": "much"},
                {**DOG, "score": None},
                {**DOG, "score": 10**400},
                *({**DOG, "box": box} for box in NO_BOXES),
                *(
                    {"label": "dog", "score": 1, "mask": mask}
                    for mask in (
                        *(None, 3, {}, {"size": [40, 30], "counts": [1200]}),
                        *({"size": [30, 40], "counts": each} for each in ([7], "zz~", None, [-1])),
                        {"size": [2**30, 2**30], "counts": [0, 2**60]},
                    )
                ),
            )
        ),
        '{"a":' * 100_000,
        '{"detections": ' + "[" * 100_000,
        '{"error": "no such model\\nat all"}',
    ],
    ids=lambda each: each[:70],
)
def test_an_answer_that_is_none_is_an_error_in_one_line(
    repeating: CommandDetector, answer: str
) -> None:
    with pytest.raises(DetectorError) as caught:
        repeating.detect(FRAME, [answer])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700
    assert repeating.detect(FRAME, ['{"detections": []}']) == []


def test_what_json_lets_pass_is_dropped_by_the_check(start: Started) -> None:
    infinite = '{"label": "dog", "score": NaN, "box": [1, 2, 3, Infinity]}'
    line = json.dumps({"detections": [DOG, {**DOG, "label": 3}]}).replace("[{", f"[{infinite}, {{")
    detector = start(f"for line in sys.stdin:\n    print({line!r}, flush=True)\n")
    checked = CheckedDetector(detector, "command")
    (found,) = checked.detect(FRAME, Words(("dog",)))
    assert found.region == Box(1, 2, 3, 4) and checked.dropped.total() == 2


def test_a_program_that_reports_an_error_goes_on(start: Started) -> None:
    detector = start("""
for count, line in enumerate(sys.stdin):
    print(json.dumps({"detections": []} if count else {"error": "not yet"}), flush=True)
""")
    assert "not yet" in refused(detector)
    process = process_of(detector)
    assert detector.detect(FRAME, ["dog"]) == []
    assert process_of(detector) is process


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time.sleep(600)", "0.3"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass", ""),
        ("sys.exit(3)", "status 3"),
        ("print('a\\nlast words', file=sys.stderr)\nsys.exit(0)", "last words"),
        ("raise ValueError('no weights')", "ValueError: no weights"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("os.close(1)\nos.close(2)\ntime.sleep(600)", "output"),
        ("os.close(0)\ntime.sleep(600)", "0.3"),
        ("print('{\"detections\":', flush=True, end='')\ntime.sleep(600)", "0.3"),
        ("sys.stdin.readline()\nprint('{', flush=True)\ntime.sleep(600)", "JSON"),
        ("sys.stdin.readline()\nos.write(1, b'\\xff\\xfe\\n{\\xff}\\n')\ntime.sleep(600)", "JSON"),
        ("while True: os.write(1, b'x' * 65536)", "MB"),
        ("while True: os.write(1, b'garbage\\n' * 4096)", "MB"),
        ("while True: os.write(2, b'x' * 65536)", "MB"),
    ],
)
def test_a_program_that_fails_is_ended_at_once(
    start: Started, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_module, "LONGEST_ANSWER", 2**20)
    monkeypatch.setattr(program_module, "PATIENCE", 0.2)
    detector = start(text, seconds=0.1 if said in ("0.3", "") else 20)
    number = process_of(detector).pid
    line = refused(detector)
    assert said in line and len(line) < 700
    assert not exists(number), "a zombie"


def test_it_is_started_again_for_the_next_frame(start: Started, tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.touch()
    detector = start(f"""
for line in sys.stdin:
    if os.path.exists({str(first)!r}):
        os.remove({str(first)!r})
        sys.exit(1)
    print('{{"detections": []}}', flush=True)
""")
    refused(detector)
    assert detector.detect(FRAME, ["dog"]) == []


def test_it_is_not_started_for_ever(start: Started, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    detector = start(f"open({str(starts)!r}, 'a').write('x')\nsys.exit(1)")
    lines = [refused(detector) for _ in range(FAILURES + 3)]
    assert starts.read_text() == "x" * FAILURES
    assert len(set(lines[:FAILURES])) == 1 and len(set(lines[FAILURES:])) == 1


def test_failures_that_are_not_in_a_row_do_not_add_up(start: Started) -> None:
    detector = start("""
line = sys.stdin.readline()
print('{"detections": []}', flush=True)
""")
    for _ in range(FAILURES + 1):
        assert detector.detect(FRAME, ["dog"]) == []
        refused(detector)


def test_two_answers_for_one_request_are_noticed(start: Started) -> None:
    detector = start("""
for line in sys.stdin:
    sys.stdout.write('{"detections": []}\\n' * 2)
    sys.stdout.flush()
""")
    assert detector.detect(FRAME, ["dog"]) == []
    refused(detector)


def test_an_answer_without_reading_is_noticed(start: Started) -> None:
    detector = start("print('{\"detections\": []}', flush=True)\ntime.sleep(600)")
    with pytest.raises(DetectorError):
        detector.detect(np.zeros((600, 800, 3), np.uint8), ["dog"])


def test_closing_ends_it_by_its_input_then_by_signals(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidy, deaf = start(EMPTY), start("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + EMPTY)
    stubborn = start(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + EMPTY
        + "while True:\n    time.sleep(1)\n"
    )
    sleeping = start(EMPTY + "time.sleep(600)")
    everybody = (tidy, deaf, stubborn, sleeping)
    processes = [process_of(each) for each in everybody]
    for each in everybody:
        assert each.detect(FRAME, ["dog"]) == []
    tidy.close()
    deaf.close()
    monkeypatch.setattr(program_module, "PATIENCE", 0.05)
    for each in everybody:
        each.close()
        each.close()
    codes = [process.returncode for process in processes]
    assert codes == [0, 0, -signal.SIGKILL, -signal.SIGTERM]
    assert not any(exists(process.pid) for process in processes)
    refused(tidy)


def test_what_a_program_has_started_ends_with_it(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrapper, such as `conda run`, is one program more."""
    inner = tmp_path / "inner"
    text = f"""
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
open({str(inner)!r}, "w").write(str(child.pid))
"""
    monkeypatch.setattr(program_module, "PATIENCE", 0.05)
    for ending in (EMPTY, "sys.stdin.readline()\nsys.exit(1)"):
        detector = start(text + ending)
        with contextlib.suppress(DetectorError):
            detector.detect(FRAME, ["dog"])
        detector.close()
        assert vanishes(int(inner.read_text()))


def test_where_the_system_cannot_tell_of_an_end_without_reaping(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS, before Python 3.13."""
    monkeypatch.delattr(os, "waitid")
    monkeypatch.setattr(program_module, "PATIENCE", 0.05)
    failing, sleeping = start("sys.exit(3)"), start(EMPTY + "time.sleep(600)")
    processes = [process_of(each) for each in (failing, sleeping)]
    assert "status 3" in refused(failing)
    assert sleeping.detect(FRAME, ["dog"]) == []
    sleeping.close()
    assert [each.returncode for each in processes] == [3, -signal.SIGTERM]


def test_where_ended_children_are_reaped_by_the_system(start: Started) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        failing, tidy = start("sys.exit(3)"), start(EMPTY)
        refused(failing)
        assert tidy.detect(FRAME, ["dog"]) == []
        tidy.close()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_closing_does_not_wait_for_an_answer(start: Started, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    detector = start(f"sys.stdin.readline()\nopen({str(asked)!r}, 'w')\ntime.sleep(600)", 600)
    number = process_of(detector).pid
    caught: list[str] = []
    thread = threading.Thread(target=lambda: caught.append(refused(detector)))
    thread.start()
    while not asked.exists():
        time.sleep(0.01)
    detector.close()
    thread.join()
    assert len(caught) == 1 and not exists(number)


def test_ctrl_c_is_not_taken_for_an_answer(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that comes after it would be of another frame."""
    detector = start(EMPTY)
    number = process_of(detector).pid

    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command_module, "_parsed", interrupted)
        with pytest.raises(KeyboardInterrupt):
            detector.detect(FRAME, ["dog"])
    assert not exists(number)
    assert detector.detect(FRAME, ["dog"]) == []


def test_nothing_stays_open(start: Started) -> None:
    def files() -> int:
        return len(os.listdir("/dev/fd"))

    start(EMPTY).close()
    before = files()
    for text in (EMPTY, "sys.exit(1)", "print('{', flush=True)"):
        detector = start(text)
        with contextlib.suppress(DetectorError):
            detector.detect(FRAME, ["dog"])
        detector.close()
    assert files() == before


@pytest.mark.parametrize(
    "option",
    [
        *("", "  ", "'", '"a', "no-such-program-anywhere", "/", "./no/such", "a\0b", "''"),
        *("timeout=3", "timeout=x true", "timeout=0 true", "timeout=nan true", "timeout=inf true"),
        *("timeout=-1 true", __file__),
    ],
)
def test_a_command_that_cannot_be_started_is_refused(option: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create(option, "cpu")
    assert "\n" not in str(caught.value)


def test_a_command_line_is_split_as_a_shell_does_and_no_shell_runs_it(tmp_path: Path) -> None:
    file = tmp_path / "my detector.py"
    file.write_text(
        "import json, sys\nfor line in sys.stdin:\n    print(json.dumps({'detections': [{"
        "'label': json.dumps(sys.argv[1:]), 'score': 1, 'box': [0, 0, 9, 9]}]}), flush=True)\n"
    )
    option = f"timeout=60 {sys.executable} -S '{file}' --flag '$HOME; ls' \"a b\" > x"
    detector = create(option, "cpu")
    (found,) = detector.detect(FRAME, ["dog"])
    detector.close()
    assert json.loads(found.label) == ["--flag", "$HOME; ls", "a b", ">", "x"]

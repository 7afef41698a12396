"""The folder protocol by hand: a folder with frames and queries, and what is in it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from colored.tracker import ColorTracker
from colored.world import COLORS, HEIGHT, WIDTH
from PIL import Image

from vot_wrapper.folder.channel import FolderChannel
from vot_wrapper.folder.job import FolderError, read_job
from vot_wrapper.settings import Settings
from vot_wrapper.trax.server import RequestError, TraxHandler

LENGTH = 6
TESTS = Path(__file__).parents[1]


def place(index: int, frame: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of an object: it moves two pixels to the right per frame."""
    return 4 + 2 * frame, 2 + 14 * index, 12, 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six frames with two objects, and nothing that asks for them."""
    work = tmp_path / "work"
    (work / "images").mkdir(parents=True)
    names = [f"images/é {frame}.png" for frame in range(LENGTH)]
    for frame, name in enumerate(names):
        picture = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
        for index in range(2):
            x, y, width, height = place(index, frame)
            picture[y : y + height, x : x + width] = COLORS[index]
        Image.fromarray(picture).save(work / name)
    (work / "frames_color.txt").write_text("".join(f"{name}\n" for name in names))
    return work


def ask(folder: Path, name: str, offset: object, state: str, *more: str) -> None:
    lines = (str(offset), state, *more)
    (folder / f"query_{name}.txt").write_text("".join(f"{line}\n" for line in lines))


def answer(folder: Path, settings: Settings | None = None) -> None:
    """Answer a folder in this process, by the conversation that serves TraX."""
    settings = settings or Settings()
    channel = FolderChannel(read_job(folder), one_by_one=settings.objects == "sequential")
    try:
        TraxHandler(channel, ColorTracker(), settings).run()
    except Exception as error:
        channel.quit(str(error))
        raise


def lines(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text().splitlines()


def outputs(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(folder.glob("*output*"))}


def test_every_object_has_a_region_and_a_confidence_per_frame(folder: Path) -> None:
    x, y, width, height = place(0, 0)
    ask(folder, "mask", 0, f"m{x},{y},{width},{height},0,{width * height}")
    ask(folder, "late", 2, ",".join(str(value) for value in place(1, 2)), "note=unused")
    answer(folder)
    masks = lines(folder, "output_mask.txt")
    assert masks[0] == f"m{x},{y},{width},{height},0,{width * height}"
    assert masks[2] == f"m{place(0, 2)[0] + 1},{y},{width},{height},0,{width * height}"  # shifted
    boxes = lines(folder, "output_late.txt")
    assert boxes[:2] == ["0", "0"]
    assert boxes[3] == ",".join(f"{value:.4f}" for value in place(1, 3))
    confidences = lines(folder, "output_late_confidence.txt")
    assert confidences[:2] == ["", ""] and confidences[3] == "0.900000"
    assert len(masks) == len(boxes) == len(confidences) == LENGTH
    assert len(outputs(folder)) == 4


def test_a_polygon_is_answered_by_masks(folder: Path) -> None:
    x, y, width, height = place(0, 0)
    corners = [x, y, x + width, y, x + width, y + height, x, y + height]
    ask(folder, "it", 0, ",".join(str(value) for value in corners))
    answer(folder)
    assert lines(folder, "output_it.txt")[1].startswith(f"m{place(0, 1)[0]},{y},")


def test_a_point_is_answered_by_points_that_go_with_the_object(folder: Path) -> None:
    ask(folder, "p", 1, f"{place(0, 1)[0] + 3},{place(0, 1)[1] + 5}")
    answer(folder)
    found = [line.split(",") for line in lines(folder, "output_p.txt")]
    assert found[0] == ["0"] and all(len(point) == 2 for point in found[1:])
    assert [float(value) for value in found[4]] == [place(0, 4)[0] + 3, place(0, 4)[1] + 5]


def test_frames_before_the_first_object_are_not_read(folder: Path) -> None:
    first = folder / lines(folder, "frames_color.txt")[0]
    first.write_bytes(b"no image")
    ask(folder, "it", 1, ",".join(str(value) for value in place(0, 1)))
    answer(folder)
    assert len(lines(folder, "output_it.txt")) == LENGTH


def test_one_by_one_gives_what_both_at_once_give(folder: Path) -> None:
    for index in range(2):
        ask(folder, f"object{index}", index, ",".join(str(v) for v in place(index, index)))
    answer(folder)
    together = outputs(folder)
    answer(folder, Settings(objects="sequential"))
    # The tracker counts from the start of its video, and every third answer is shifted.
    assert outputs(folder)["output_object0.txt"] == together["output_object0.txt"]
    assert outputs(folder).keys() == together.keys()
    assert len(lines(folder, "output_object1.txt")) == LENGTH


def test_objects_are_introduced_in_the_order_of_their_numbers(folder: Path) -> None:
    for name in ("obj10", "obj2", "obj1"):
        ask(folder, name, 0, "4,2,12,10")
    assert [query.identifier for query in read_job(folder).queries] == ["obj1", "obj2", "obj10"]


def test_a_masks_text_survives_the_way_in_and_out(folder: Path) -> None:
    from vot_wrapper.folder.text import format_region, parse_state

    for text in ("m3,4,5,2,0,3,4,3", "m-1,0,3,2,2,1,3", "m0,0,4,1,1,2,1"):
        assert format_region(parse_state(text).region) == text
    short = "m0,0,2,2,1,1"  # the rest is outside the object
    assert format_region(parse_state(short).region) == "m0,0,2,2,1,1,2"


@pytest.mark.parametrize(
    ("offset", "state", "complaint"),
    [
        ("0", "0", "reads no text"),
        ("0", "1 2 3 4", "separated by commas"),
        ("0", "1;2;3;4", "separated by commas"),
        ("0", "1,2,3", "a region of 3 numbers"),
        ("0", "a,b,c,d", "isn't made of numbers"),
        ("0", "m0,0,2,2,4", "the mask is empty"),
        ("0", "m0,0,2,2,1,9", "lead beyond its size"),
        ("0", "m0,0,x", "a mask that isn't"),
        ("6", "1,2,3,4", "one of the 6 frames"),
        ("-1", "1,2,3,4", "one of the 6 frames"),
        ("first", "1,2,3,4", "one of the 6 frames"),
        ("0", "", "has 1 of 2 lines"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(
    folder: Path, offset: str, state: str, complaint: str
) -> None:
    ask(folder, "it", offset, state)
    with pytest.raises(FolderError, match=complaint) as caught:
        answer(folder)
    assert "query_it.txt" in str(caught.value)
    assert outputs(folder) == {}


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("4,2,12,0", "has no area"),
        ("nan,2,12,10", "not finite"),
        ("-90,2,12,10", "lies outside"),
        ("m-50,0,2,2,0,4", "lies outside"),
        ("1,1,2,2,3,3", "no area"),
        ("900,900", "outside"),
    ],
)
@pytest.mark.parametrize("objects", ["simultaneous", "sequential"])
def test_a_region_that_does_not_fit_its_frame_is_named_by_query_and_frame(
    folder: Path, state: str, complaint: str, objects: str
) -> None:
    """By the folder's numbers, not by those of the video that starts with its first object."""
    ask(folder, "good", 2, ",".join(str(value) for value in place(0, 2)))
    ask(folder, "wrong", 4, state)
    with pytest.raises(RequestError, match=complaint) as caught:
        answer(folder, Settings(objects=objects))
    assert str(caught.value).startswith("frame 4 (") and "query_wrong.txt: " in str(caught.value)
    assert "é 4.png" in str(caught.value) and outputs(folder) == {}


def test_outputs_of_an_earlier_run_do_not_outlive_a_failure(folder: Path) -> None:
    ask(folder, "it", 0, ",".join(str(value) for value in place(0, 0)))
    answer(folder)
    (folder / lines(folder, "frames_color.txt")[3]).write_bytes(b"no image")
    with pytest.raises(RequestError):
        answer(folder)
    assert outputs(folder) == {}


@pytest.mark.parametrize("mark", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r"])
def test_files_of_any_editor_are_read_alike(folder: Path, mark: str, end: str) -> None:
    """Line ends of Windows, blank lines, and a byte order mark."""
    ask(folder, "it", 1, ",".join(str(value) for value in place(0, 1)), "note=unused")
    answer(folder)
    expected = outputs(folder)
    for file in folder.glob("*_*.txt"):
        text = file.read_text().replace("\n", end)
        file.write_bytes(f"{mark}{text}".encode())
    answer(folder)
    assert outputs(folder) == expected


def test_lines_are_counted_as_an_editor_does(folder: Path) -> None:
    frames = folder / "frames_color.txt"
    frames.write_text(frames.read_text().replace("\n", "\n\n", 1) + "images/none.png\n")
    ask(folder, "it", 0, "1,2,3,4")
    with pytest.raises(FolderError, match=r"frames_color\.txt, line 8: there is no image"):
        read_job(folder)
    (folder / "query_it.txt").write_text("\n9\n\n1,2,3,4\n")
    frames.write_text(frames.read_text().replace("images/none.png\n", ""))
    with pytest.raises(FolderError, match="line 2: '9' is not one of the 6 frames"):
        read_job(folder)
    (folder / "query_it.txt").write_text("\n0\n\n1,2,3\n")
    with pytest.raises(FolderError, match="line 4: a region of 3 numbers"):
        read_job(folder)


def test_a_folder_that_lacks_something_says_what(folder: Path) -> None:
    with pytest.raises(FolderError, match=r"has no query_ID\.txt.*write frames_color\.txt"):
        read_job(folder)
    ask(folder, "a_b", 0, "1,2,3,4")
    with pytest.raises(FolderError, match="ambiguous names"):
        read_job(folder)
    frames = folder / "frames_color.txt"
    frames.write_text(frames.read_text() + "images/none.png\n")
    with pytest.raises(FolderError, match=r"line 7: there is no image .*none\.png"):
        read_job(folder)
    frames.write_text("\n")
    with pytest.raises(FolderError, match="is empty"):
        read_job(folder)
    frames.rename(folder / "frames_depth.txt")
    with pytest.raises(FolderError, match=r"has no frames_color\.txt \(it has frames_depth\.txt"):
        read_job(folder)


def test_a_frame_that_cannot_be_read_leaves_no_output(folder: Path) -> None:
    ask(folder, "it", 0, ",".join(str(value) for value in place(0, 0)))
    broken = folder / lines(folder, "frames_color.txt")[3]
    broken.write_bytes(b"no image")
    with pytest.raises(RequestError, match=r"é 3\.png"):
        answer(folder)
    assert outputs(folder) == {} and list(folder.glob(".*")) == []


def process(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if "SAMURAI" not in name}
    path = os.pathsep.join([str(TESTS), *sys.path])
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**clean, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_process_answers_its_working_folder(folder: Path) -> None:
    ask(folder, "it", 0, ",".join(str(value) for value in place(0, 0)))
    done = process(folder, "colored.folder")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(lines(folder, "output_it.txt")) == LENGTH


def test_a_failure_is_an_exit_code_and_a_reason_without_a_traceback(folder: Path) -> None:
    done = process(folder, "vot_wrapper.folder")  # no model is loaded for it
    assert done.returncode == 1
    assert "the tracker process fails: FolderError" in done.stderr
    assert "has no query_ID.txt" in done.stderr and "Traceback" not in done.stderr


def test_samurai_serve_answers_a_folder_with_the_bundled_model(folder: Path) -> None:
    ask(folder, "it", 3, ",".join(str(value) for value in place(0, 3)))
    done = process(folder.parent, "samurai.cli.main", "serve", "--folder", "work")
    assert done.returncode == 0, done.stderr
    assert lines(folder, "output_it.txt")[:3] == ["0", "0", "0"]
    assert len(lines(folder, "output_it_confidence.txt")) == LENGTH

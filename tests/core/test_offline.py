"""Offline sessions: packed masks, lines of hypotheses, objects that start late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from samurai.core.offline import OfflineSession
from samurai.errors import ConfigurationError, SessionError
from samurai.masks import PackedMask
from samurai.regions import Box
from samurai.tracker import Tracker

BOX, OTHER = Box(30.0, 33.0, 32.0, 27.0), Box(60.0, 40.0, 30.0, 30.0)


@given(arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_packing_loses_nothing(mask: NDArray[np.bool_]) -> None:
    packed = PackedMask.of(mask)
    np.testing.assert_array_equal(packed.mask, mask)
    assert packed.runs.sum() == mask.size and (packed.runs[1:] > 0).all()


def test_every_frame_has_the_objects_of_its_time(
    make_tracker: Callable[..., Tracker], video: list[NDArray[np.uint8]]
) -> None:
    tracker = make_tracker("sam2long", offline=True)
    session = tracker.session()
    assert isinstance(session, OfflineSession)
    with pytest.raises(SessionError, match="call start first"):
        session.finish()
    session.start(video[0], [BOX])
    session.step(video[1])
    session.step(video[2], [OTHER])
    session.step(video[3])
    frames = session.finish()
    assert [[a.object_id for a in answers] for answers in frames] == [[0], [0], [0, 1], [0, 1]]
    session.start(video[5], [OTHER])
    assert [len(answers) for answers in session.finish()] == [1]


def test_a_line_is_the_one_that_won(
    make_tracker: Callable[..., Tracker],
    video: list[NDArray[np.uint8]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each pathway's nodes lead back through its own parents, and only living lines are held."""
    session = make_tracker("sam2long", offline=True).session()
    assert isinstance(session, OfflineSession)
    session.start(video[0], [BOX])
    history: list[list[NDArray[np.bool_]]] = [[node.packed.mask for node in session._lines[0]]]
    parents: list[list[int]] = [[0]]
    for frame in video[1:15]:
        track = session._session._state.objects[0]
        choose = track.policy.choose

        def noting(decoded: Any, choose: Any = choose) -> Any:
            choices = choose(decoded)
            parents.append([choice.hypothesis for choice in choices])
            return choices

        monkeypatch.setattr(track.policy, "choose", noting)
        session.step(frame)
        monkeypatch.setattr(track.policy, "choose", choose)
        history.append([node.packed.mask for node in session._lines[0]])
    expected, hypothesis = [], 0
    for masks, above in zip(reversed(history), reversed(parents), strict=True):
        expected.append(masks[hypothesis])
        hypothesis = above[hypothesis]
    found = [answers[0].mask for answers in session.finish()]
    for mine, theirs in zip(found, reversed(expected), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_masks_without_overlap_need_a_stream(make_tracker: Callable[..., Tracker]) -> None:
    with pytest.raises(ConfigurationError, match="may share pixels"):
        make_tracker("sam2long", offline=True, overlap=False)

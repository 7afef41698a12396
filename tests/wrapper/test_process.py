"""The tracker process sets up its environment without overruling the user."""

from __future__ import annotations

import pytest

from vot_wrapper.process import spin_briefly


def test_threads_spin_briefly_by_default() -> None:
    environ: dict[str, str] = {}
    spin_briefly(environ)
    assert int(environ["GOMP_SPINCOUNT"]) > 0


@pytest.mark.parametrize("chosen", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}])
def test_the_users_choice_stands(chosen: dict[str, str]) -> None:
    environ = dict(chosen)
    spin_briefly(environ)
    assert environ == chosen

"""The tracker process sets up its environment without overruling the user."""

from __future__ import annotations

import torch

from samurai.runtime.threads import set_thread_count
from vot_wrapper.trax.process import spin_briefly


def test_threads_spin_briefly_unless_the_user_chose() -> None:
    environ: dict[str, str] = {}
    spin_briefly(environ)
    assert int(environ["GOMP_SPINCOUNT"]) > 0
    for chosen in ({"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}):
        environ = dict(chosen)
        spin_briefly(environ)
        assert environ == chosen


def test_small_networks_get_one_thread_unless_the_user_chose() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert set_thread_count(1024, {}) == 2
        assert set_thread_count(160, {"OMP_NUM_THREADS": "2"}) == 2
        assert set_thread_count(160, {}) == 1
    finally:
        torch.set_num_threads(before)

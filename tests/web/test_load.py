"""Load: many clients, those who go away, a long run, a large upload; by the measurements' own code.

Nothing here asserts how fast it goes; everything asserts what is left behind.
"""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from benchmarks.web import click, clients, rate, soak, upload

pytestmark = pytest.mark.slow
SMALL = (160, 120)


def test_twenty_clients_and_fifty_disconnects_leave_nothing_behind() -> None:
    found = clients.disconnects("nano", SMALL, count=40, clients=20, disconnected=50)
    for name, before in found["before"].items():
        assert found["after"][name] <= before, (name, found["before"], found["after"])
    assert found["before"]["sessions"] == found["before"]["entries"] == 0
    # Others were answered all the time: no wait was as long as the client's own limit.
    assert len(found["ms"]) == 2 and all(ms["most"] < 60_000 for ms in found["ms"].values())


def test_four_clients_get_equal_shares() -> None:
    found = clients.fairness("nano", SMALL, count=30, clients=4)
    assert found["farthest"] < 0.15, found["answers"]


def test_memory_is_flat_over_a_long_run() -> None:
    found = soak.measure("nano", SMALL, count=400)
    samples = [sample for sample in found["samples"] if sample[0] >= 40]
    assert len(samples) > 100
    # A frame of this size has 56 KiB: one that is kept each time would be seen.
    assert found["kib_per_1000"] < 4096 and found["decoder_kib_per_1000"] < 4096
    assert samples[-1][1] - samples[0][1] < 24


def test_memory_is_flat_during_an_upload() -> None:
    small, large = upload.measure("nano", mib=96)["rows"]
    assert large["mib"] >= 96 > 2 * small["mib"]
    assert large["peak"] - large["before"] < 24


def test_the_rate_and_the_click_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    result = rate.measure("nano", SMALL, count=12, rounds=1)
    assert {len(rates) for rates in result["rates"].values()} == {1}
    assert result["http_of"][rate.ENGINE]["median"] > 0
    rate.show(result)
    result = click.measure("nano", [SMALL], count=12, rounds=1)
    assert len(result["rows"]) == 6
    click.show(result)
    assert "answers/s" in capsys.readouterr().out

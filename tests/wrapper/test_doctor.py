from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from samurai.cli import doctor
from samurai.cli.finding import Finding
from vot_wrapper import needs
from vot_wrapper.toolkit import checks

Check = Callable[[], Iterable[Finding]]
Versions = Callable[..., None]


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Versions:
    """versions(name=version) changes what seems to be installed; None takes a package away."""

    def change(**given: str | None) -> None:
        changed = {name.replace("_", "-"): version for name, version in given.items()}

        def version(name: str) -> str:
            found = changed.get(name, "0.9.0" if "vot" in name else "1")
            if found is None:
                raise metadata.PackageNotFoundError(name)
            return found

        monkeypatch.setattr(metadata, "version", version)

    return change


def levels(check: Check) -> dict[str, str]:
    return {finding.where: finding.level for finding in check()}


def only(check: Check) -> Finding:
    [finding] = check()
    return finding


def test_this_installation_is_sound(
    capsys: pytest.CaptureFixture[str], plain_environment: None
) -> None:
    assert doctor.report() == 0
    report = capsys.readouterr().out
    assert "FAIL" not in report
    self_test, _, summary = report.strip().splitlines()[-3:]
    assert self_test.startswith("OK   self-test   nano, policy samurai: answered 1 object")
    assert summary.startswith("the tracker runs")
    assert metadata.version("torch") in report


def test_a_failing_self_test_shows_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMURAI_DEVICE", "cuda:99")
    finding = only(checks.self_test)
    assert finding.level == "FAIL"
    assert "cuda:99" in finding.what
    assert "Traceback" not in finding.what, "the reason names cause and remedy by itself"
    monkeypatch.setattr(sys, "executable", "/bin/false")  # a process that dies at once
    assert only(checks.self_test).level == "FAIL"


def test_packages(versions: Versions) -> None:
    versions(torch=None)
    found = levels(doctor.packages)
    assert found.pop("torch") == "FAIL"
    assert set(found.values()) == {"OK"}


def test_packages_of_the_toolkit(versions: Versions) -> None:
    versions(attributee="0.1.9", vot_toolkit="0.8.1")
    assert levels(checks.packages) == {"vot-toolkit": "WARN", "vot-trax": "OK", "attributee": "OK"}
    versions(vot_trax=None, attributee=None)
    expected = {"vot-toolkit": "OK", "vot-trax": "FAIL", "attributee": "FAIL"}
    assert levels(checks.packages) == expected, "it is there, and lacks what it needs"


def test_a_library_without_the_toolkit_is_sound(
    versions: Versions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    versions(vot_toolkit=None, vot_trax=None, attributee=None)
    note = only(checks.packages)
    assert note.level == "INFO" and needs.INSTALL in note.remedy
    assert list(checks.toolkit()) == []
    (tmp_path / "config.yaml").touch()
    monkeypatch.chdir(tmp_path)
    [found] = checks.workspace(None)
    assert found.level == "INFO", "nobody asked for it"
    [asked] = checks.workspace(tmp_path)
    assert asked.level == "FAIL" and asked.remedy == needs.INSTALL


def test_a_toolkit_that_is_broken_is_not_called_absent(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions(vot_toolkit="0.9.0", vot_trax="4.0.2")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert only(checks.toolkit).level == "FAIL"
    assert needs.TOOLKIT.missing() == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="that release works on Python 3.10")
def test_the_broken_attributee(versions: Versions) -> None:
    versions(attributee="0.1.10")
    [finding] = [finding for finding in checks.packages() if finding.where == "attributee"]
    assert finding.level == "FAIL"
    assert "attributee==0.1.9" in finding.remedy


def test_exactly_one_opencv(versions: Versions) -> None:
    nothing = dict.fromkeys(doctor.OPENCV_PACKAGES)
    versions(**nothing)
    assert only(doctor.opencv).level == "FAIL"
    versions(**{**nothing, "opencv-python": "4"})
    assert only(doctor.opencv).level == "OK"
    versions(**{**nothing, "opencv-python": "4", "opencv-python-headless": "4"})
    finding = only(doctor.opencv)
    assert finding.level == "FAIL"
    assert "make setup" in finding.remedy and "pip uninstall" in finding.remedy


def test_an_opencv_without_its_libraries(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    versions(**{**dict.fromkeys(doctor.OPENCV_PACKAGES), "opencv-python": "4"})
    monkeypatch.setattr("importlib.import_module", fail)
    finding = only(doctor.opencv)
    assert finding.level == "FAIL"
    assert "libGL" in finding.what


def test_damaged_and_missing_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", str(tmp_path))
    (tmp_path / "sam2.1_hiera_tiny.pt").write_bytes(b"cut")
    findings = list(doctor.weights())
    [failure] = [finding for finding in findings if finding.level == "FAIL"]
    assert "tiny" in failure.what and "3 bytes" in failure.what
    assert failure.remedy == "delete it, then run `samurai download tiny`"
    absent = findings[-1]
    assert absent.level == "INFO" and "not downloaded" in absent.what and "small (" in absent.what
    assert "tiny (" not in absent.what, "it is there, and damaged"
    assert "`samurai download NAME`" in absent.remedy and str(tmp_path) in absent.remedy


def test_the_report_ends_in_a_summary_that_counts() -> None:
    assert "WARN" not in doctor._summary(Counter(["OK", "INFO"]))
    assert "2 WARN" in doctor._summary(Counter(["OK", "WARN", "WARN"]))
    assert "1 FAIL, 1 WARN" in doctor._summary(Counter(["FAIL", "WARN"]))


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMURAI_MODEL", "huge")
    monkeypatch.setenv("SAMURAI_GOLDENS", "1")
    failure, warning = checks.settings()
    assert failure.level == "FAIL" and "nano" in failure.what
    assert warning.level == "WARN" and "SAMURAI_GOLDENS" in warning.what
    assert warning.remedy
    monkeypatch.setenv("SAMURAI_MODLE", "nano")
    failure, warning = checks.settings()
    assert failure.level == "FAIL" and "SAMURAI_MODEL?" in failure.what
    assert "SAMURAI_GOLDENS" in warning.what and "MODLE" not in warning.what, "told once"


def test_settings_read_as_a_user_writes_them(
    plain_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert only(checks.settings).what.startswith("defaults: no SAMURAI_* variable is set")
    log = tmp_path / "my log"
    monkeypatch.setenv("SAMURAI_LOG", str(log))
    monkeypatch.setenv("SAMURAI_MODEL", "large")
    monkeypatch.setenv("SAMURAI_POLICY", "")
    monkeypatch.setenv("SAMURAI_CHECKPOINTS", "/weights")
    text = only(checks.settings).what
    assert text.startswith(f"SAMURAI_MODEL=large SAMURAI_LOG='{log}' SAMURAI_CHECKPOINTS=/weights,")
    assert "POLICY" not in text and "Settings(" not in text


def test_interpreters_of_trackers_ini(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    below = tmp_path / "workspace"
    below.mkdir()
    monkeypatch.chdir(below)
    ini = tmp_path / "trackers.ini"
    ini.write_text(f"[a]\nprotocol = traxpython\n[b]\npython = {sys.executable}\n")
    assert only(checks.trackers_ini).what == f"{ini}: a, b"
    ini.write_text("[a]\npython = .venv/bin/python\n[b]\npython = /nowhere/python\n")
    findings = list(checks.trackers_ini())
    assert [finding.level for finding in findings] == ["FAIL", "FAIL"]
    assert "[a]" in findings[0].what and ".venv/bin/python" in findings[0].what
    ini.write_text("[a]\npython = /nowhere/python\n[b]\npython = /nowhere/python\n")
    assert f"{ini}, all 2 sections: " in only(checks.trackers_ini).what
    ini.write_text("")
    assert only(checks.trackers_ini).what == f"{ini}: no trackers"


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken(_: object) -> Iterator[Finding]:
        yield Finding("OK", "first", "")
        raise RuntimeError("oh")

    first, second = doctor._guarded(broken, None)
    assert first.level == "OK"
    assert (second.level, second.where) == ("FAIL", "broken")


def test_an_editable_clone_of_sam2_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Distribution:
        version = "1.0"

        @staticmethod
        def read_text(_: str) -> str:
            return '{"url": "file:///clone", "dir_info": {"editable": true}}'

    monkeypatch.setattr(metadata, "distribution", lambda _: Distribution)
    findings = {finding.where: finding for finding in doctor.sam2()}
    assert findings["samurai"].level == "OK"
    assert Path(findings["samurai"].what).name == "samurai"
    assert findings["sam2"].level == "WARN"

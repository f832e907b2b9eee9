"""A short run of the crash test; `make soak` has the long one, with the mutants that must fail it."""

from pathlib import Path

from benchmarks import crash


def test_kill_9_under_load_loses_nothing_that_was_answered_and_doubles_nothing(tmp_path: Path) -> None:
    verdict = crash.crash(tmp_path, crash.Plan(mails=200, kills=2, seed=20260302))

    assert verdict.answered == 200
    assert verdict.clean, verdict

"""`make report` of a folder that is no comparison, or one that can't be drawn, ends in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.checkout import PROJECT
from loadtests.comparison import commands, files
from loadtests.errors import LabError
from loadtests.options import ReportOptions
from loadtests.runs import FORMAT

EXAMPLE = PROJECT / "results" / "example"


def refused(run: Path, console: Console) -> str:
    with pytest.raises(LabError) as caught:
        commands.report(ReportOptions(run=run), console)
    return str(caught.value)


def test_a_folder_that_is_not_there_and_an_empty_one_hold_no_comparison(tmp_path: Path, console: Console) -> None:
    for run in (tmp_path / "none", tmp_path):
        assert refused(run, console) == f"{run} holds no comparison: make one with make bench, or name one"


def test_a_single_run_is_no_comparison(console: Console) -> None:
    assert refused(EXAMPLE / "sync", console) == (
        f"{EXAMPLE / 'sync'} holds no comparison: make one with make bench, or name one"
    )


def test_a_comparison_without_its_pairs_names_them(console: Console) -> None:
    assert f"{EXAMPLE / 'compare'}/pairs lacks peak-01, peak-02" in refused(EXAMPLE / "compare", console)


def test_the_example_of_the_first_format_is_read_in_the_words_of_today() -> None:
    verdicts = {decision.verdict for decision in files.read(EXAMPLE / "compare").decisions}
    assert "better" in verdicts
    assert verdicts <= {"better", "worse", "equivalent", "inconclusive"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (
            {"format": FORMAT + 1},
            f"has the result format {FORMAT + 1}, and this version reads 1 to {FORMAT}: update it",
        ),
        ({"format": "two"}, f"has the result format two, and this version reads 1 to {FORMAT}: update it"),
        ([], "is not a comparison that this version can read: run.json holds no object"),
        ({"mode": "docker"}, "holds no comparison: make one with make bench, or name one"),
    ],
    ids=["a later format", "no format", "no object", "a record without tables"],
)
def test_a_record_of_another_kind_is_refused(record: object, reason: str, tmp_path: Path, console: Console) -> None:
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert refused(tmp_path, console) == f"{tmp_path} {reason}"

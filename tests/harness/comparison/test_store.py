"""The folder of a comparison: what outlives an interrupt, and what may be gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.comparison.pair import Pair
from loadtests.comparison.progress import Progress
from loadtests.comparison.store import Design, Store, storing
from loadtests.errors import LabError
from loadtests.runs import result_folder, resumable_folder

DESIGN = Design({"a": {"name": "sync"}}, {"machine": {"cores": 2}}, ["peak"], {"pairs": 10, "rate": None})
PAIR = Pair("peak", 1, "a", [], [], {})


@pytest.fixture
def said() -> Iterator[Console]:
    with StringIO() as text:
        yield Console(file=text)


def text_of(said: Console) -> str:
    assert isinstance(said.file, StringIO)
    return said.file.getvalue()


def interrupted(results: Path, said: Console, resume: Path | None = None, *, at: int) -> None:
    """An attempt that finishes the pairs before `at` and is interrupted in that."""
    with pytest.raises(KeyboardInterrupt):
        attempt(results, said, resume, at)


def attempt(results: Path, said: Console, resume: Path | None, at: int) -> None:
    with storing(results, "compare", DESIGN, resume, said) as store:
        for number in range(1, at):
            if not store.finished("peak", number):
                replace(PAIR, number=number).write(store.fresh_folder("peak", number))
        (store.fresh_folder("peak", at) / "0.parquet").touch()
        raise KeyboardInterrupt


def only_folder(results: Path) -> Path:
    (folder,) = results.iterdir()
    return folder


def test_a_comparison_that_ends_well_is_a_result(tmp_path: Path, said: Console) -> None:
    with storing(tmp_path, "compare", DESIGN, None, said) as store:
        assert store.folder.name.startswith(".")
        assert not store.has_pairs()
    assert [path.name for path in tmp_path.iterdir() if not path.is_symlink()] == [store.folder.name[1:]]
    assert (tmp_path / "latest-compare").resolve().name == store.folder.name[1:]
    assert text_of(said) == ""


def test_without_a_finished_pair_nothing_is_kept(tmp_path: Path, said: Console) -> None:
    interrupted(tmp_path, said, at=1)
    assert [*tmp_path.iterdir()] == []
    assert text_of(said) == ""


def test_finished_pairs_outlive_an_interrupt_and_the_unfinished_one_begins_anew(tmp_path: Path, said: Console) -> None:
    interrupted(tmp_path, said, at=2)
    folder = only_folder(tmp_path)
    assert text_of(said) == f"What is finished is kept; go on by the same command with RESUME=results/{folder.name}\n"
    with storing(tmp_path, "compare", DESIGN, Path("results") / folder.name, said) as store:
        assert store.finished("peak", 1) == PAIR
        assert store.finished("peak", 2) is None
        assert [*store.fresh_folder("peak", 2).iterdir()] == []
    assert {path.name for path in tmp_path.iterdir()} == {folder.name[1:], "latest-compare"}


def test_it_can_be_interrupted_again(tmp_path: Path, said: Console) -> None:
    interrupted(tmp_path, said, at=2)
    interrupted(tmp_path, said, only_folder(tmp_path), at=2)
    assert Store(only_folder(tmp_path)).finished("peak", 1) == PAIR


@pytest.mark.parametrize(
    ("design", "difference"),
    [
        (replace(DESIGN, contenders={"a": {"name": "async"}}), "contenders.a.name: sync and async"),
        (replace(DESIGN, conditions={"machine": {"cores": 4}}), "conditions.machine.cores: 2 and 4"),
        (replace(DESIGN, profiles=["peak", "steady"]), r"profiles: \['peak'\] and \['peak', 'steady'\]"),
        (replace(DESIGN, options={"pairs": 10, "rate": 50.0}), r"options.rate: None and 50.0"),
    ],
)
def test_pairs_of_another_design_are_refused(tmp_path: Path, said: Console, design: Design, difference: str) -> None:
    interrupted(tmp_path, said, at=2)
    folder = only_folder(tmp_path)
    reason = rf"was begun under other conditions:\n  {difference}\nGo on under"
    with pytest.raises(LabError, match=reason), storing(tmp_path, "compare", design, folder, said):
        pytest.fail("it went on")
    assert (only_folder(tmp_path), Store(folder).has_pairs()) == (folder, True)


@pytest.mark.parametrize("resume", ["results/.20260101T000000Z-compare", "results/20260101T000000Z-compare"])
def test_there_must_be_something_to_go_on_with(tmp_path: Path, said: Console, resume: str) -> None:
    (tmp_path / "20260101T000000Z-compare").mkdir()
    with (
        pytest.raises(LabError, match=f"^{resume} is nothing to go on with"),
        storing(tmp_path, "compare", DESIGN, Path(resume), said),
    ):
        pytest.fail("it went on")


def test_small_values_are_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.recall("ceiling") is None
    store.remember("ceiling", 2950.5)
    assert store.recall("ceiling") == 2950.5


def test_the_time_left_does_not_count_on_pairs_that_were_there(said: Console) -> None:
    progress = Progress(said, None, pairs=3, pair_s=60)
    progress.begin("peak, pair 1 of 3")
    progress.know()
    progress.end(None)
    progress.begin("peak, pair 2 of 3")
    progress.end(None)
    assert text_of(said) == "peak, pair 1 of 3: 2:00 left\npeak, pair 2 of 3: 0:00 left\n"


@pytest.mark.parametrize("made", [Path.mkdir, Path.touch])
def test_a_latest_that_is_no_link_is_refused_before_a_measurement(
    tmp_path: Path, said: Console, made: Callable[[Path], None]
) -> None:
    made(tmp_path / "latest-compare")
    refusal = f"{tmp_path}/latest-compare is no link, and the newest result needs that name for its link: move it"
    for folder in (result_folder(tmp_path, "compare"), resumable_folder(tmp_path, "compare", None)):
        with pytest.raises(LabError, match=refusal), folder:
            pytest.fail("nothing may be measured that can't be stored")
    with pytest.raises(LabError, match=refusal), storing(tmp_path, "compare", DESIGN, None, said):
        pytest.fail("nothing may be measured that can't be stored")
    assert [path.name for path in tmp_path.iterdir()] == ["latest-compare"]


def test_a_folder_that_takes_the_name_of_the_link_meanwhile_costs_no_result(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="latest-sync is no link"), result_folder(tmp_path, "sync"):
        (tmp_path / "latest-sync").mkdir()
    names = {path.name for path in tmp_path.iterdir()} - {"latest-sync"}
    assert [name[-5:] for name in names] == ["-sync"]


@pytest.mark.parametrize("target", ["nowhere", "latest-sync", "."])
def test_a_latest_link_is_replaced_wherever_it_leads(tmp_path: Path, target: str) -> None:
    (tmp_path / "latest-sync").symlink_to(target)
    with result_folder(tmp_path, "sync") as folder:
        pass
    assert (tmp_path / "latest-sync").readlink() == Path(folder.name[1:])

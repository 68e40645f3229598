"""The folder of a comparison: what outlives an interrupt, and what may be gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtests.comparison.pair import Pair
from loadtests.comparison.progress import Progress
from loadtests.comparison.store import Design, Store, check_appendable, check_contenders, storing
from loadtests.errors import LabError
from loadtests.runs import result_folder, resumable_folder, write_json

DESIGN = Design({"a": {"name": "sync"}}, {"machine": {"cores": 2}}, ["peak"], {"pairs": 10, "rate": None})
PAIR = Pair("peak", 1, ["a", "b"], [], [], {})


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


BEGAN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
NAME = "20260101T120000Z-compare"
TWO_PAIRS = replace(DESIGN, options={"pairs": 2})


def finished_result(results: Path, name: str = NAME, design: Design = TWO_PAIRS) -> Path:
    """A result of two pairs that began at noon."""
    folder = results / name
    folder.mkdir(parents=True)
    store = Store(folder)
    store.begin(design, None)
    store.remember("ceiling", 3000.0)
    finish_pairs(store, 1, 2)
    write_json(folder, {})
    return folder


def finish_pairs(store: Store, *numbers: int) -> None:
    for number in numbers:
        replace(PAIR, number=number).write(store.fresh_folder("peak", number))


def test_a_session_is_added_in_a_copy_and_its_pairs_are_numbered_on(tmp_path: Path, said: Console) -> None:
    former = finished_result(tmp_path)
    before = {path: path.read_bytes() for path in former.rglob("*") if path.is_file()}
    with storing(tmp_path, "compare", TWO_PAIRS, None, said, former) as store:
        assert [store.finished("peak", number) is not None for number in (1, 2, 3)] == [True, True, False]
        assert (store.sessions[0], len(store.sessions)) == (BEGAN, 2)
        assert store.recall("ceiling") == 3000
        finish_pairs(store, 3, 4)
    assert {path: path.read_bytes() for path in former.rglob("*") if path.is_file()} == before
    added = Store((tmp_path / "latest-compare").resolve())
    assert (added.folder != former, len([*added.finished_pairs()])) == (True, 4)


def interrupt_in_the_second_pair(results: Path, former: Path, said: Console) -> None:
    with storing(results, "compare", TWO_PAIRS, None, said, former) as store:
        finish_pairs(store, 3)
        raise KeyboardInterrupt


def test_an_interrupted_session_is_gone_on_with_and_the_former_result_stays(tmp_path: Path, said: Console) -> None:
    former = finished_result(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupt_in_the_second_pair(tmp_path, former, said)
    [left] = tmp_path.glob(".*")
    assert f"RESUME=results/{left.name} in the place of APPEND=\n" in text_of(said)
    sessions = Store(left).sessions
    with storing(tmp_path, "compare", TWO_PAIRS, left, said) as store:
        assert store.sessions == sessions
        assert [store.is_finished("peak", number) for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert former.is_dir()


def test_of_a_session_that_was_interrupted_in_its_first_pair_nothing_is_kept(tmp_path: Path, said: Console) -> None:
    former = finished_result(tmp_path)
    with pytest.raises(KeyboardInterrupt), storing(tmp_path, "compare", TWO_PAIRS, None, said, former):
        raise KeyboardInterrupt
    assert [*tmp_path.iterdir()] == [former]
    assert text_of(said) == ""


@pytest.mark.parametrize(
    ("design", "difference"),
    [
        (replace(TWO_PAIRS, contenders={"a": {"name": "async"}}), "contenders.a.name: sync and async"),
        (replace(TWO_PAIRS, conditions={"machine": {"cores": 4}}), "conditions.machine.cores: 2 and 4"),
        (replace(TWO_PAIRS, options={"pairs": 2, "quick": True}), "options.quick: .* and True"),
    ],
)
def test_a_session_of_another_design_is_refused(tmp_path: Path, said: Console, design: Design, difference: str) -> None:
    former = finished_result(tmp_path)
    reason = rf"^{former} was begun under other conditions:\n  {difference}\nGo on .* begin anew without APPEND="
    with pytest.raises(LabError, match=reason), storing(tmp_path, "compare", design, None, said, former):
        pytest.fail("it began")
    assert [*tmp_path.iterdir()] == [former]


def test_a_session_may_begin_an_hour_after_the_last_one_did(tmp_path: Path) -> None:
    folder = finished_result(tmp_path)
    check_appendable(folder, BEGAN + timedelta(hours=1), ["sync"])
    with pytest.raises(LabError, match=r"had a session at 12:00 UTC, .* append from 2026-01-01 13:00 UTC on"):
        check_appendable(folder, BEGAN + timedelta(minutes=59), ["sync"])


def test_the_hour_counts_from_the_last_session(tmp_path: Path) -> None:
    folder = finished_result(tmp_path)
    Store(folder).remember("sessions", [(BEGAN + timedelta(hours=hours)).isoformat() for hours in (0, 5)])
    finish_pairs(Store(folder), 3, 4)
    with pytest.raises(LabError, match="append from 2026-01-01 18:00 UTC on"):
        check_appendable(folder, BEGAN + timedelta(hours=2), ["sync"])


def test_a_link_to_the_newest_result_may_be_appended_to(tmp_path: Path) -> None:
    finished_result(tmp_path)
    (tmp_path / "latest-compare").symlink_to(NAME)
    check_appendable(tmp_path / "latest-compare", BEGAN + timedelta(hours=2), ["sync"])


def lacks_a_pair(folder: Path) -> None:
    shutil.rmtree(folder / "pairs" / "peak-02")


def lacks_its_record(folder: Path) -> None:
    (folder / "run.json").unlink()


def lacks_its_plan(folder: Path) -> None:
    (folder / "plan.json").unlink()


def is_of_a_former_format(folder: Path) -> None:
    (folder / "run.json").write_text('{"format": 3}')


def has_a_broken_plan(folder: Path) -> None:
    (folder / "plan.json").write_text('{"profiles": ')


def has_broken_sessions(folder: Path) -> None:
    (folder / "sessions.json").write_text('["noon"]')


def is_gone(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "spoil", "fault"),
    [
        (NAME, lacks_a_pair, "lacks the pairs peak-02: name a result that has them"),
        (NAME, lacks_its_record, "holds no result that this version can read"),
        (NAME, lacks_its_plan, "holds no result of make bench with its pairs"),
        (NAME, is_of_a_former_format, "has the result format 3, and sessions are added to format 5 only"),
        (NAME, has_a_broken_plan, "holds no result that this version can read"),
        (NAME, has_broken_sessions, "holds no result that this version can read"),
        (NAME, is_gone, "holds no result of make bench"),
        ("mine-compare", Path.stat, "holds no result that .* can read: .*; give the folder back its own name"),
        ("mine", Path.stat, "holds no result of make bench"),
        ("20260101T120000Z-sync", lacks_its_plan, "holds no result of make bench"),
        (f".{NAME}", Path.stat, "was interrupted: complete it by RESUME="),
        ("20260101T120000Z-aa", Path.stat, "holds no result of make bench"),
        ("20260101T120000Z-gate", Path.stat, "holds no result of make bench"),
    ],
)
def test_what_no_session_can_be_added_to_is_refused(
    tmp_path: Path, name: str, spoil: Callable[[Path], object], fault: str
) -> None:
    folder = finished_result(tmp_path, name)
    spoil(folder)
    with pytest.raises(LabError, match=f"^APPEND={folder} {fault}"):
        check_appendable(folder, BEGAN + timedelta(hours=2), ["sync"])


def test_small_values_are_remembered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.recall("ceiling") is None
    store.remember("ceiling", 2950.5)
    assert store.recall("ceiling") == 2950.5


def test_the_time_left_does_not_count_on_pairs_that_were_there(said: Console) -> None:
    progress = Progress(said, None, pairs=3, pair_s=60)
    progress.begin("peak, pair 1 of 3")
    progress.know()
    progress.end([])
    progress.begin("peak, pair 2 of 3")
    progress.end([])
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


def test_other_contenders_than_those_of_a_folder_are_told_by_name(tmp_path: Path) -> None:
    Store(tmp_path).remember("plan", {"contenders": {"a": {"name": "sync"}, "b": {"name": "async"}}})
    check_contenders(["sync", "async"], f"RESUME={tmp_path}")
    with pytest.raises(LabError, match=f"^RESUME={tmp_path} compares sync, async, and these are sync, quart, async: "):
        check_contenders(["sync", "quart", "async"], f"RESUME={tmp_path}")
    check_contenders(["sync"], f"RESUME={tmp_path / 'none'}")

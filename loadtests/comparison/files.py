"""The files of a comparison: written from a Result, and read back to draw it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from loadtests import runs
from loadtests.comparison import report
from loadtests.comparison.figures import Block, EndpointFigures, Slice
from loadtests.comparison.measure import counted
from loadtests.comparison.pair import Pair, read_requests, read_resources
from loadtests.comparison.result import Prediction, Result
from loadtests.comparison.store import Store
from loadtests.comparison.verdict.decisions import Decision
from loadtests.errors import LabError
from loadtests.load.profiles import Profile
from loadtests.resources.sampler import Sample
from loadtests.tables import read_values, write_values

_TABLES: dict[str, type[Any]] = {"slices": Slice, "blocks": Block, "endpoints": EndpointFigures, "decisions": Decision}
_FORMER_WORDS = {"verdict": {"faster": "better", "slower": "worse"}}
"""Of format 1, see `runs.FORMAT`."""
_FILES = {"slices": "slices.csv", "blocks": "blocks.csv", "endpoints": "endpoints.csv", "decisions": "comparison.csv"}


def write(folder: Path, result: Result) -> None:
    """The tables, `run.json`, and the pictures and the report, which are drawn from what these files hold."""
    for name, kind in _TABLES.items():
        write_values(folder / _FILES[name], kind, getattr(result, name))
    told = {field.name for field in fields(Result)} - _TABLES.keys()
    runs.write_json(folder, {name: value for name, value in asdict(result).items() if name in told})
    draw(folder, read(folder))


def draw(folder: Path, result: Result) -> None:
    """Draw the pictures and the report, out of the result and its pairs' recorded requests.

    An earlier report stays whole until the new one is. Raises LabError where a pair is missing or can't be read.
    """
    _check_pairs(folder, result)
    try:
        requests = {profile.name: _requests(folder, profile) for profile in result.profiles}
        resources = dict(_resources(folder, result))
    except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{folder}/pairs can't be read, so nothing can be drawn from it: {error}") from error
    with TemporaryDirectory(prefix=".report-", dir=folder) as made:
        report.write(Path(made), result, requests, resources)
        for drawn in Path(made).iterdir():
            drawn.replace(folder / drawn.name)


def _check_pairs(folder: Path, result: Result) -> None:
    wanted = {Store(folder).pair_folder(block.profile, block.pair) for block in result.blocks}
    missing = sorted(pair.name for pair in wanted if not pair.is_dir())
    if missing:
        raise LabError(
            f"{folder}/pairs lacks {', '.join(missing)}, without which nothing can be drawn: open the report.html "
            "that is there, or name a comparison that has its pairs by RUN=results/…"
        )


def read(folder: Path) -> Result:
    """Raises LabError where there is no comparison."""
    try:
        content = runs.read_json(folder)
        tables: dict[str, Any] = {
            name: read_values(folder / _FILES[name], kind, _FORMER_WORDS) for name, kind in _TABLES.items()
        }
        content["profiles"] = [_profile(profile) for profile in content["profiles"]]
        content["predictions"] = [Prediction(**one) for one in content["predictions"]]
        return Result(**content, **tables)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LabError(f"{folder} holds no comparison: make one with make bench, or name one") from error
    except (ValueError, KeyError, TypeError) as error:
        raise LabError(f"{folder} is not a comparison that this version can read: {error}") from error


def _profile(content: dict[str, object]) -> Profile:
    profile = Profile(**content)  # type: ignore[arg-type]
    return replace(profile, segments=tuple((rate_per_s, length_s) for rate_per_s, length_s in profile.segments))


def pair_folders(folder: Path, profile: str) -> list[Path]:
    return sorted((folder / "pairs").glob(f"{profile}-*"))


def _requests(folder: Path, profile: Profile) -> pa.Table:
    """The counted requests of all its pairs, with their side and pair."""
    return pa.concat_tables([part for pair in pair_folders(folder, profile.name) for part in _counted(pair)])


def _counted(folder: Path) -> Iterator[pa.Table]:
    pair, requests = Pair.read(folder), read_requests(folder)
    for played in pair.kept:
        part = counted(played, requests).unify_dictionaries()
        part = part.append_column("side", pa.array([played.side] * part.num_rows, pa.string()))
        yield part.append_column("pair", pa.array([pair.number] * part.num_rows, pa.uint16()))


def _resources(folder: Path, result: Result) -> Iterator[tuple[tuple[str, int], list[Sample]]]:
    for profile in result.profiles:
        for pair_folder in pair_folders(folder, profile.name):
            samples = read_resources(pair_folder)
            yield (profile.name, Pair.read(pair_folder).number), _one_generator(samples)


def _one_generator(samples: list[Sample]) -> list[Sample]:
    """With the generator's processes, which were sampled together, as one group."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.group, []).append(sample)
    parts = [groups.pop(group) for group in [*groups] if group.startswith("generator-")]
    generator = [_sum(together) for together in zip(*parts, strict=False)]
    return [sample for group in [*groups.values(), generator] for sample in group]


def _sum(together: tuple[Sample, ...]) -> Sample:
    return Sample(
        together[0].t_s,
        "generator",
        sum(one.cpu_s for one in together),
        sum(one.rss_bytes for one in together),
        sum(one.threads for one in together),
        sum(one.file_descriptors for one in together),
    )

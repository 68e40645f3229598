"""The report of a comparison: what it says, in words and pictures, and what it never does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from loadtests import style
from loadtests.comparison import report
from loadtests.comparison.figures import Block, EndpointFigures
from loadtests.comparison.report.legend import Legend
from loadtests.comparison.report.pictures import log_ticks
from loadtests.comparison.report.rows import noise, predicted
from loadtests.comparison.report.selection import representative
from loadtests.comparison.report.verdict import sentences
from loadtests.comparison.report.wording import change, phrase, significant
from loadtests.comparison.result import Result
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.metrics import METRICS
from loadtests.statistics import ALL
from tests.harness.comparison.made_results import (
    BURST,
    PEAK,
    STEADY,
    Measured,
    deciding,
    decision,
    measured,
    several,
    spoilt,
)

pytestmark = pytest.mark.xdist_group("report")

HOSTILE = '<script>alert("x")</script>&"\''
CHARTS = {"comparison"} | {
    f"{name}-{profile.name}"
    for name in ("percentiles", "ecdf", "over_time", "resources", "time_split", "pairs")
    for profile in (PEAK, STEADY)
}
MOST_BYTES = 1_200_000


@dataclass
class Page(HTMLParser):
    """A page's elements and its text, section by section."""

    path: Path
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    _section: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "section":
            self._section = dict(attrs).get("aria-labelledby") or "verdict"

    def handle_data(self, data: str) -> None:
        self.texts[self._section] = self.texts.get(self._section, "") + " ".join(data.split()) + " "

    def attributes(self, *names: str) -> list[str]:
        return [value for _, attrs in self.elements for name, value in attrs.items() if name in names and value]


def written(folder: Path, given: Measured) -> Page:
    report.write(folder, given.result, given.requests, given.resources)
    return Page(folder / "report.html")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of a whole comparison: ten pairs, two profiles."""
    return written(tmp_path_factory.mktemp("report"), measured())


@pytest.fixture(scope="module")
def small() -> Measured:
    return measured(pairs=3)


def verdict(result: Result) -> tuple[str, ...]:
    return sentences(result, Legend.of(result.contenders))


FASTER = decision("peak", "correct_answers_per_s")
SLOWER = decision("steady", "p95_ms", ratio=1.09, low=1.05, high=1.13, verdict="worse")
EQUIVALENT = decision("steady", "p95_ms", ratio=1.01, low=0.98, high=1.04, verdict="equivalent")
INCONCLUSIVE = decision("peak", "correct_answers_per_s", ratio=1.03, low=0.9, high=1.18, verdict="inconclusive")
FAILING = decision("steady", "failed_share", a=0.001, b=0.021, ratio=0.02, low=0.015, high=0.025, verdict="worse")


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ([FASTER], "async is better, with 16% more throughput at peak load [12% to 20%]."),
        ([SLOWER], "async is worse, with 9% longer p95 response time at steady load [5% to 13%]."),
        (
            [EQUIVALENT],
            "async is equivalent in p95 response time at steady load (1% longer [2% shorter to 4% longer]).",
        ),
        (
            [INCONCLUSIVE],
            "async is not shown to differ in throughput at peak load (3% more [10% less to 18% more]; "
            "this run would have found 4.3% in 8 of 10 tries).",
        ),
        (
            [replace(FAILING, ratio=0.0, low=0.0, high=0.0, verdict="equivalent")],
            "async is equivalent in failures at steady load (the same [0 points to 0 points]).",
        ),
        (
            [FASTER, SLOWER, FAILING],
            "async is better, with 16% more throughput at peak load [12% to 20%]; is worse, with 9% longer p95 "
            "response time at steady load [5% to 13%] and 2 points more failures at steady load "
            "[1.5 points to 2.5 points].",
        ),
    ],
    ids=["better", "worse", "equivalent", "inconclusive", "failures alone", "several"],
)
def test_the_first_sentence_says_what_differs_and_by_how_much(
    small: Measured, decisions: list[Decision], said: str
) -> None:
    first, _ = verdict(deciding(small.result, *decisions))
    assert first == f"Compared with sync, {said}"


def test_the_second_sentence_says_how_sure_that_is_and_what_limited_both(small: Measured) -> None:
    assert verdict(deciding(small.result, FASTER))[1] == (
        "Each bracket is the 95% interval over 10 pairs of fresh processes; "
        "at peak load the server's CPU limited both (all 3 blocks of each); "
        "at steady load neither reached a limit (all 3 blocks of each); "
        "the server, Elasticsearch and the load generator shared 2 cores."
    )


def test_a_quick_run_says_that_it_can_not_decide(small: Measured) -> None:
    result = replace(deciding(small.result, replace(INCONCLUSIVE, pairs=3)), quick=True, blocks=[], conditions={})
    assert verdict(result)[1] == (
        "This was a quick run of 3 pairs, which shows direction and size and decides nothing; "
        "each bracket is the 95% interval over pairs of fresh processes."
    )


def test_what_limited_them_may_differ_and_invalid_blocks_are_told(small: Measured) -> None:
    result = spoilt(deciding(small.result, FASTER), "the generator fell behind", only={"pair": 1, "side": "a"})
    blocks = [replace(one, bottleneck="slots") if one.side == "a" or one.pair == 2 else one for one in result.blocks]
    result = replace(result, blocks=blocks, profiles=[PEAK], conditions={"machine": {"cores": 8}})
    assert verdict(result)[1] == (
        "Peak load lost 1 of 3 pairs, and a verdict may lose 10%; steady load lost 1 of 3 pairs, and a verdict may "
        "lose 10%; each bracket is the 95% interval over 10 pairs of fresh processes; at peak load the server's "
        "threads or pool limited sync (all 2 blocks) and the server's CPU limited async (2 of 3 blocks); "
        "1 of 3 pairs of peak load were invalid and are left out; "
        "1 of 3 pairs of steady load were invalid and are left out."
    )


def test_where_the_servers_cpu_is_not_known_that_nothing_limited_it_is_not_known_either(small: Measured) -> None:
    blocks = [replace(one, server_cores=None, bottleneck="none") for one in small.result.blocks]
    result = replace(deciding(small.result, FASTER), blocks=blocks, profiles=[PEAK])
    assert "at peak load something not known limited both" in verdict(result)[1]


def test_nothing_follows_from_invalid_blocks_alone(small: Measured) -> None:
    result = spoilt(deciding(small.result), "the generator fell behind", only={})
    assert verdict(result) == (
        "Nothing follows from this comparison of sync with async: no pair of valid blocks was measured.",
        "12 of 12 blocks were invalid: the generator fell behind.",
    )


@pytest.mark.parametrize(
    ("metric", "ratio", "low", "high", "words"),
    [
        ("cpu_ms_per_correct_answer", 0.9, 0.87, 0.93, "10% less [7% to 13%]"),
        ("cpu_ms_per_correct_answer", 0.904, 0.877, 0.932, "9.6% less [6.8% to 12.3%]"),
        ("p50_ms", 1.02, 0.97, 1.07, "2% longer [3% shorter to 7% longer]"),
        ("p50_ms", 1.0, 0.99, 1.01, "the same [1% shorter to 1% longer]"),
        ("correct_answers_per_s", 2.3, 2.1, 2.5, "2.30 times [2.10 to 2.50]"),
        ("correct_answers_per_s", 1.4, 0.8, 2.5, "1.40 times [0.80 to 2.50]"),
        ("correct_answers_per_s", 1.4, None, None, "40% more [no interval]"),
        ("peak_pss_bytes", None, None, None, "not known"),
        ("failed_share", 0.0, 0.0, 0.0, "the same [0 points to 0 points]"),
        ("failed_share", 0.02, -0.01, 0.05, "2 points more [1 point fewer to 5 points more]"),
        ("failed_share", -0.004, -0.006, -0.002, "0.4 points fewer [0.2 points to 0.6 points]"),
    ],
)
def test_a_change_bears_its_interval(
    metric: str, ratio: float | None, low: float | None, high: float | None, words: str
) -> None:
    assert change(decision("peak", metric, ratio=ratio, low=low, high=high)) == words


def test_large_changes_are_told_in_times() -> None:
    large = decision("steady", "p99_ms", ratio=2.3, low=2.1, high=2.5)
    assert phrase(large) == "2.30 times the p99 response time at steady load [2.10 to 2.50]"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not known"),
        (0.0, "0"),
        (0.1234, "0.123"),
        (0.9996, "1.00"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (12345.6, "12,346"),
    ],
)
def test_figures_have_three_digits(value: float | None, words: str) -> None:
    assert significant(value) == words


def test_a_logarithmic_axis_has_ticks_within_its_data_only() -> None:
    assert log_ticks([3.0, 130.0]) == [5.0, 10.0, 20.0, 50.0, 100.0]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (105.0, 155.0, [120.0, 140.0]),
        (90.0, 155.0, [100.0, 150.0]),
        (0.00031, 0.00034, [0.00032, 0.00034]),
        (1_200_000.0, 1_900_000.0, [1_200_000.0, 1_400_000.0, 1_600_000.0, 1_800_000.0]),
        (5.1, 5.35, [5.1, 5.2, 5.3]),
        (21.0, 49.0, [30.0, 40.0]),
        (7.0, 7.0, []),
    ],
)
def test_a_short_logarithmic_axis_has_two_ticks_at_least(low: float, high: float, ticks: list[float]) -> None:
    assert log_ticks([low, high]) == pytest.approx(ticks)


def test_the_pair_that_is_shown_is_the_median_of_the_valid_ones(small: Measured) -> None:
    throughput = {(1, "a"): 100.0, (1, "b"): 150.0, (2, "a"): 100.0, (2, "b"): 90.0, (3, "a"): 100.0, (3, "b"): 120.0}
    blocks = [
        replace(one, correct_answers_per_s=throughput[one.pair, one.side])
        for one in small.result.blocks
        if one.profile == "peak"
    ]
    result = replace(small.result, blocks=blocks)
    assert representative(result, PEAK) == 3
    assert representative(spoilt(result, "late", only={"pair": 3, "side": "b"}), PEAK) == 2
    assert representative(spoilt(result, "late", only={}), PEAK) is None


def test_noise_floors_are_told_in_percent_or_not_known(small: Measured) -> None:
    result = deciding(small.result, FASTER, SLOWER)
    assert noise(result) == [("peak", "Throughput", "±2.1%"), ("steady", "Response time, p95", "not known")]
    assert noise(replace(result, noise_floor=None)) == []


def test_predictions_stand_beside_what_was_measured(small: Measured) -> None:
    assert predicted(small.result.predictions, Legend.of(small.result.contenders)) == [
        ("sync", ["16", "12.4", "1,290", "262", "262", "232", "88.4%"]),
        ("async", ["100", "13.1", "7,634", "301", "301", "not known", "not known"]),
    ]


def test_contenders_keep_their_colours_and_can_be_told_apart() -> None:
    assert style.colours(["sync", "async"]) == [style.COLOURS["sync"], style.COLOURS["async"]]
    assert style.colours(["async", "sync"]) == [style.COLOURS["async"], style.COLOURS["sync"]]
    pairs = [("sync", "sync"), ("flask-async", "127.0.0.1:8000"), ("127.0.0.1:8000", "127.0.0.1:8001")]
    assert all(len(set(style.colours(pair))) == 2 for pair in pairs)
    eight = ["bare-sync", "sync", "sync", "sync-pinned", "async", "flask-async", "async-asyncio", "127.0.0.1:8000"]
    assert len(set(style.colours(eight))) == 8
    assert style.labels({"a": "sync", "b": "async", "c": "sync"}) == {"a": "sync (a)", "b": "async", "c": "sync (c)"}


def test_every_chart_is_in_the_page_and_beside_it(whole: Page) -> None:
    figures = {attrs["id"] for tag, attrs in whole.elements if tag == "figure"}
    files = {path.stem for path in whole.path.parent.glob("*.png")}
    assert (figures, files) == (CHARTS, CHARTS)


EIGHT = ("sync", "sync-64", "sync-pinned", "sync-gevent", "async", "quart", "flask3-granian", "fastapi")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report of eight contenders."""
    given = several(measured(pairs=2), EIGHT)
    overall = [one for one in given.result.decisions if one.endpoint == ALL]
    given = replace(given, result=deciding(given.result, *overall))
    return written(tmp_path_factory.mktemp("many"), given)


def test_of_several_contenders_each_is_told_against_the_first(small: Measured) -> None:
    result = deciding(
        several(small, ["sync", "quart", "async"]).result,
        replace(FASTER, side="b"),
        replace(SLOWER, side="b"),
        replace(FASTER, side="c", verdict="inconclusive"),
    )
    first, second, last = verdict(result)
    assert first.startswith(
        "Compared with sync, quart is better, with 16% more throughput at peak load [12% to 20%]; is"
    )
    assert second.startswith("Compared with sync, async is not shown to differ in throughput at peak load (16% more")
    assert "and all intervals of a metric hold together with 95%" in last
    assert "at peak load the server's CPU limited all (all 3 blocks of each)" in last


def test_eight_contenders_are_in_every_picture_and_table(many: Page) -> None:
    figures = {attrs["id"] for tag, attrs in many.elements if tag == "figure"}
    assert figures == {path.stem for path in many.path.parent.glob("*.png")} >= CHARTS
    described = [attrs["aria-label"] or "" for tag, attrs in many.elements if attrs.get("role") == "img"]
    for beginning in ("sync-64, sync-pinned", "Response times by perc", "Share of", "Mean response", "CPU cores"):
        picture = next(one for one in described if one.startswith(beginning))
        assert all(name in picture for name in EIGHT), picture
    for section in ("metrics", "bottlenecks", "predictions", "conditions"):
        assert all(name in many.texts[section] for name in EIGHT), section


def test_headers_of_tables_of_eight_have_a_scope_and_links_lead_somewhere(many: Page) -> None:
    assert all(attrs.get("scope") for tag, attrs in many.elements if tag == "th")
    identifiers = Counter(attrs["id"] for _, attrs in many.elements if "id" in attrs)
    assert set(identifiers.values()) == {1}


def test_a_burst_is_drawn_in_time_and_judged_by_its_recovery(tmp_path: Path) -> None:
    page = written(tmp_path, measured(pairs=3, profiles=(BURST,)))
    assert {attrs["id"] for tag, attrs in page.elements if tag == "figure"} >= {"burst_in_time", "pairs-burst"}
    assert "Recovery from a burst" in " ".join(page.texts.values())


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_words(metric: str) -> None:
    assert phrase(decision("peak", metric)).strip()


def test_every_picture_is_described(whole: Page) -> None:
    pictures = [attrs.get("aria-label") for _, attrs in whole.elements if attrs.get("role") == "img"]
    svgs = [attrs for tag, attrs in whole.elements if tag == "svg"]
    assert len(pictures) == len(svgs)
    assert all(pictures)
    assert "sync: p50 " in next(label for label in pictures if label and label.startswith("Response times"))


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(whole: Page) -> None:
    tags = Counter(tag for tag, _ in whole.elements)
    assert not tags.keys() & {"script", "link", "img", "iframe", "object"}
    assert [target for target in whole.attributes("href", "src", "xlink:href") if not target.startswith("#")] == []
    assert "url(" not in whole.path.read_text()
    assert [name for _, attrs in whole.elements for name in attrs if name.startswith("on")] == []


def test_links_lead_to_places_in_the_page_that_are_there_once(whole: Page) -> None:
    ids = whole.attributes("id")
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in whole.attributes("href")} <= set(ids)


def test_the_page_is_small(whole: Page) -> None:
    assert whole.path.stat().st_size < MOST_BYTES


def test_headers_of_tables_have_a_scope(whole: Page) -> None:
    assert [attrs for tag, attrs in whole.elements if tag == "th" and "scope" not in attrs] == []


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("metrics", "Throughput correct responses/s more responses 16% more [12% to 20%]"),
        ("metrics", "1% longer [2% shorter to 4% longer] below the noise floor"),
        ("bottlenecks", "peak sync 10 0 0 0 0 0 0 0 peak async"),
        ("bottlenecks", "peak sync 0 0 – 6% 2.10 0.040 7.50 peak async"),
        ("bottlenecks", "steady async 0 0 0.600 6% 2.10 0.040 7.50"),
        ("bottlenecks", "No block is invalid."),
        ("predictions", "against a server that does nothing: 2,950 responses per second."),
        ("conditions", "the server, Elasticsearch and the load generator shared 2 cores"),
        ("conditions", "backend.documents 10,000"),
        ("again", "make bench A=sync B=async PAIRS=10"),
    ],
)
def test_each_section_says_what_was_found(whole: Page, section: str, said: str) -> None:
    assert said in " ".join(whole.texts[section].split())


@pytest.mark.robustness
def test_names_and_settings_of_users_are_text(small: Measured, tmp_path: Path) -> None:
    contenders: dict[str, dict[str, Any]] = {
        side: {"name": f"{HOSTILE}{side}", "title": HOSTILE, "environment": {"LAB_X": HOSTILE}} for side in ("a", "b")
    }
    spoilt_study = spoilt(small.result, HOSTILE, only={"pair": 1, "side": "b"})
    result = replace(spoilt_study, contenders=contenders, command=HOSTILE, notes=[HOSTILE], workload=HOSTILE)
    page = written(tmp_path, replace(small, result=result))
    assert "script" not in {tag for tag, _ in page.elements}
    assert all(HOSTILE in page.texts[section] for section in ("verdict", "bottlenecks", "conditions", "again"))


def bare_block(block: Block) -> Block:
    return replace(
        block, cpu_ms_per_correct_answer=None, server_cores=None, backend_cores=None, peak_rss_bytes=None,
        peak_pss_bytes=None, uss_bytes=None, threads=None, file_descriptors=None, lateness_p99_ms=None,
        bottleneck="none",
    )  # fmt: skip


def bare_endpoint(one: EndpointFigures) -> EndpointFigures:
    return replace(one, queue_ms=None, app_ms=None, es_ms=None, p99_ms=None)


@pytest.mark.robustness
def test_what_is_not_known_is_left_out_and_never_guessed(tmp_path: Path) -> None:
    given = measured(pairs=2, profiles=(STEADY,))
    unknown = decision("steady", "cpu_ms_per_correct_answer", a=None, b=None, ratio=None, low=None, high=None)
    result = replace(
        deciding(given.result, unknown, decision("steady", "p95_ms", low=None, high=None, pairs=1)),
        contenders={side: {"name": f"127.0.0.1:800{side}", "title": "a service"} for side in ("a", "b")},
        blocks=[bare_block(block) for block in given.result.blocks],
        endpoints=[bare_endpoint(one) for one in given.result.endpoints],
        slices=[replace(one, server_cpu_ms_per_correct_answer=None, p99_ms=None) for one in given.result.slices],
        conditions={}, predictions=[], generator_ceiling_per_s=None, noise_floor=None, notes=[],
    )  # fmt: skip
    page = written(tmp_path, Measured(result, given.requests, {}))
    charts = {"comparison", "percentiles-steady", "ecdf-steady", "over_time-steady", "pairs-steady"}
    assert {path.stem for path in tmp_path.glob("*.png")} == charts
    assert "Not known: neither service tells its times" in page.texts["split"]
    assert "Not known: no contender was compared with itself" in page.texts["noise"]
    assert "6% shorter [no interval]" in " ".join(page.texts["metrics"].split())


def test_of_a_process_that_was_sampled_once_no_use_is_drawn(small: Measured, tmp_path: Path) -> None:
    once = {pair: [one for one in samples if one.t_s == 0] for pair, samples in small.resources.items()}
    assert {one.group for samples in once.values() for one in samples} >= {"server-a", "server-b"}
    written(tmp_path, replace(small, resources=once))
    assert not [*tmp_path.glob("resources-*.png")]
    assert [*tmp_path.glob("over_time-*.png")]


@pytest.mark.robustness
def test_a_comparison_of_invalid_blocks_alone_still_has_a_report(small: Measured, tmp_path: Path) -> None:
    result = spoilt(deciding(small.result), "the generator fell behind", only={})
    page = written(tmp_path, replace(small, result=result))
    assert {path.stem for path in tmp_path.glob("*.png")} == {"pairs-peak", "pairs-steady"}
    assert "peak 1 sync the generator fell behind" in " ".join(page.texts["bottlenecks"].split())

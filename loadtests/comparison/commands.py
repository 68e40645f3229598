"""The commands that compare contenders in pairs: `bench`, `aa`, `gate`, `overhead`, `rate`, and `report`,
which draws again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loadtests.backend import Backend
from loadtests.backend.library import prepare
from loadtests.checkout import PROJECT
from loadtests.comparison import fairness, files, floor
from loadtests.comparison import gate as gates
from loadtests.comparison import overhead as overheads
from loadtests.comparison.bench import Looks, Task, compare
from loadtests.comparison.figures import Side, by_side
from loadtests.comparison.rate import steps
from loadtests.comparison.report.selection import primary
from loadtests.comparison.report.wording import amount, found, interval_of, verdict_word
from loadtests.comparison.result import Result
from loadtests.comparison.store import COMPARISON
from loadtests.comparison.verdict.decisions import Decision
from loadtests.comparison.verdict.exclusion import without_verdict
from loadtests.comparison.verdict.false_alarms import shuffled_alarm_share
from loadtests.comparison.verdict.metrics import METRICS, values_of
from loadtests.conditions import of_comparison
from loadtests.contenders import Contender
from loadtests.options import (
    OVERHEAD,
    REPLAY,
    AaOptions,
    BenchOptions,
    GateOptions,
    OverheadOptions,
    PairedOptions,
    RateOptions,
    ReportOptions,
)
from loadtests.runs import RESULTS
from loadtests.statistics import ALL
from loadtests.targets import Target


def bench(options: BenchOptions, backend: Backend, console: Console) -> int:
    """Compare contenders, each with the first, by the noise floor of this machine's last A/A comparison.

    Returns the exit code.
    """
    return _exit_code(_bench(COMPARISON, options, backend, console))


def _exit_code(result: Result) -> int:
    """That of an invalid run where too many pairs were lost for a verdict: its result is written even so."""
    return gates.Outcome.INVALID if without_verdict(result.blocks) else gates.Outcome.PASS


def _bench(name: str, options: BenchOptions, backend: Backend, console: Console) -> Result:
    catalogue = prepare(backend.url, backend.access)
    sides = fairness.arranged(by_side(options.sides), options, backend, catalogue, console)
    notes = [fairness.policy_note(options, sides)]
    task = Task(
        sides, options, backend, catalogue, name, _command("bench", options, backend),
        notes=notes, append=options.append,
    )  # fmt: skip
    result = compare(task, console, RESULTS, floor.of_this_machine(RESULTS, task.design.conditions))
    show(result, console)
    return result


def _command(target: str, options: PairedOptions, backend: Backend) -> str:
    """The command that does the same again, with the backend that is no real one."""
    return " ".join(
        [options.command(target), *([f"BACKEND={REPLAY} DELAY_MS={backend.delay}"] if backend.replay else [])]
    )


def overhead(options: OverheadOptions, backend: Backend, console: Console) -> int:
    """Hold the CPU time of each twin to that of its bare application; returns the exit code that `gate.Outcome` names:
    that of the worse twin."""
    judgements = {}
    for twin, name in OVERHEAD.items():
        judgements[twin] = overheads.judge(_bench(name, options.of(twin), backend, console))
    for twin, judgement in judgements.items():
        console.print(f"overhead of {twin}: {', '.join(judgement.reasons)}", highlight=False, soft_wrap=True)
    return overheads.worst(judgement.outcome for judgement in judgements.values())


def aa(options: AaOptions, backend: Backend, console: Console) -> int:
    """Compare a contender with itself: what it seems to differ by is this machine's noise floor. Returns the exit
    code."""
    catalogue = prepare(backend.url, backend.access)
    task = Task(by_side(options.sides), options, backend, catalogue, floor.AA, _command("aa", options, backend))
    result = compare(task, console, RESULTS, None)
    show(result, console)
    alarms = shuffled_alarm_share(values_of(result.profiles, result.blocks, result.endpoints))
    console.print(f"Labels shuffled at random: {alarms.single:.1%} of verdicts were called different.", soft_wrap=True)
    return _exit_code(result)


def gate(options: GateOptions, backend: Backend, console: Console) -> int:
    """Hold the current code to a baseline; returns the exit code that `gate.Outcome` names."""
    held = gates.Gate.of(options)
    gates.check_history(RESULTS)
    base = files.read(PROJECT / options.base)
    catalogue = prepare(backend.url, backend.access)
    contender = gates.contender_of(base)
    contender.installation.make(console, contender.name)
    now = of_comparison(backend, catalogue, options.workload, options.placement, [contender])
    gates.check_alike(base.conditions, now)
    with gates.code_of(base.conditions) as root:
        sides: dict[Side, Contender | Target] = {
            "a": replace(contender, title=f"{contender.title}, baseline"),
            "b": contender,
        }
        task = Task(
            sides, options, backend, catalogue, "gate", _command("gate", options, backend), {"a": root},
            looks=Looks(held.looks, held.decides),
        )  # fmt: skip
        result = compare(task, console, RESULTS, None)
    judgement = held.judge(result)
    sentences = [f"gate: {judgement.outcome.name.lower()}", *judgement.reasons]
    result = replace(result, notes=[*result.notes, *sentences])
    files.write(RESULTS / result.folder, result)
    gates.remember(RESULTS, gates.Line.of(held, options.base, result, judgement.outcome))
    show(result, console)
    console.print("\n".join(sentences), soft_wrap=True)
    return judgement.outcome


def rate(options: RateOptions, backend: Backend, console: Console) -> None:
    """Find the highest rate that each contender sustains."""
    sought = steps.seek(options, backend, prepare(backend.url, backend.access), console, RESULTS)
    for one, kept in zip(options.sides, sought.sustained.values(), strict=True):
        console.print(f"{one.title}: {options.slo} kept at {kept}", highlight=False, soft_wrap=True)
    console.print(f"results/{sought.folder}")


def report(options: ReportOptions, console: Console) -> None:
    """Draw a comparison's pictures and its report again."""
    folder = PROJECT / options.run
    files.draw(folder, files.read(folder))
    console.print(f"{options.run}/report.html")


def show(result: Result, console: Console) -> None:
    """The decisions on all endpoints together, those with a verdict marked by it, and where the report is."""
    names = {side: contender["name"] for side, contender in result.contenders.items()}
    for table in [_of_two(result, names)] if len(names) == 2 else _of_each_metric(result, names):
        console.print(table)
    for reason in without_verdict(result.blocks).values():
        console.print(f"no verdict: {reason}", soft_wrap=True)
    for block in result.blocks:
        if block.invalid is not None:
            console.print(f"INVALID {block.profile} {block.pair} {block.contender}: {block.invalid}", soft_wrap=True)
    console.print(f"results/{result.folder}/report.html")


def _of_two(result: Result, names: Mapping[Side, str]) -> Table:
    table = Table("profile", "metric", title=result.replay)
    for heading in (f"a: {names['a']}", f"b: {names['b']}", "b / a", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("verdict on b")
    for one in result.decisions:
        if one.endpoint == ALL:
            cells = (_number(value) for value in (one.a, one.b, one.ratio))
            table.add_row(one.profile, one.metric, *cells, _interval(one), _judged(one))
    return table


def _of_each_metric(result: Result, names: Mapping[Side, str]) -> Iterator[Table]:
    """A table of all contenders for each primary metric."""
    by_metric = groupby(primary(result), key=lambda one: (one.profile, METRICS[one.metric]))
    for (profile, metric), ours in by_metric:
        decisions = [*ours]
        title = ", ".join(filter(None, (f"{metric.title} at {profile} load", metric.unit.name, result.replay)))
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
        for heading in ("contender", "figure", f"to {names['a']}", "95% interval", "verdict"):
            table.add_column(heading, justify="left" if heading in ("contender", "verdict") else "right")
        table.add_row(names["a"], amount(metric, decisions[0].a), "", "", "")
        for one in decisions:
            ratio = _number(one.ratio)
            table.add_row(names[one.side], amount(metric, one.b), ratio, _interval(one), _judged(one))
        yield table


def _judged(decision: Decision) -> str:
    return "; ".join(filter(None, (verdict_word(decision), found(decision))))


def _interval(decision: Decision) -> str:
    ends = decision.printable_interval
    return " to ".join(map(_number, ends)) if ends else escape(interval_of(decision))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"

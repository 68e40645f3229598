"""The commands that compare two contenders in pairs: `bench`, `aa`, `gate`, `rate`, and `report`, which draws again."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console
from rich.table import Table

from loadtests.backend import Backend
from loadtests.bench import prepare
from loadtests.comparison import fairness, files, floor
from loadtests.comparison import gate as gates
from loadtests.comparison import rate as rates
from loadtests.comparison.alarms import shuffled_alarm_share
from loadtests.comparison.bench import Task, compare, values_of
from loadtests.comparison.figures import Side
from loadtests.comparison.study import Study
from loadtests.conditions import of_comparison
from loadtests.contenders import Contender
from loadtests.options import AaOptions, BenchOptions, GateOptions, RateOptions, ReportOptions
from loadtests.paths import PROJECT
from loadtests.runs import RESULTS
from loadtests.statistics import ALL
from loadtests.targets import Target


def bench(options: BenchOptions, backend: Backend, console: Console) -> None:
    """Compare two contenders, with the noise floor of this machine's last A/A comparison."""
    catalogue = prepare(backend.url, backend.access)
    a, b = options.sides
    sides = fairness.arranged({"a": a, "b": b}, options, backend, catalogue, console)
    told = [fairness.told(options, sides)]
    task = Task(sides, options, backend, catalogue, "compare", options.command("bench"), notes=told)
    study = compare(task, console, RESULTS, floor.of_this_machine(RESULTS, task.plan.conditions))
    show(study, console)


def aa(options: AaOptions, backend: Backend, console: Console) -> None:
    """Compare a contender with itself: what it seems to differ by is this machine's noise floor."""
    a, b = options.sides
    task = Task(
        {"a": a, "b": b}, options, backend, prepare(backend.url, backend.access), floor.AA, options.command("aa")
    )
    study = compare(task, console, RESULTS, None)
    show(study, console)
    alarms = shuffled_alarm_share(values_of(study))
    console.print(f"Labels shuffled at random: {alarms.single:.1%} of decisions were called different.", soft_wrap=True)


def gate(options: GateOptions, backend: Backend, console: Console) -> int:
    """Hold the current code to a baseline; returns the exit code that `gate.Outcome` names."""
    base = files.read(PROJECT / options.base)
    catalogue = prepare(backend.url, backend.access)
    gates.check_alike(base.conditions, of_comparison(backend, catalogue, options.workload))
    contender = gates.contender_of(base)
    with gates.code_of(base.conditions) as root:
        sides: dict[Side, Contender | Target] = {
            "a": replace(contender, title=f"{contender.title}, baseline"),
            "b": contender,
        }
        task = Task(sides, options, backend, catalogue, "gate", options.command("gate"), {"a": root})
        study = compare(task, console, RESULTS, floor.of_this_machine(RESULTS, task.plan.conditions))
    show(study, console)
    judgement = gates.judge(study)
    console.print("\n".join([f"gate: {judgement.outcome.name.lower()}", *judgement.reasons]), soft_wrap=True)
    return judgement.outcome


def rate(options: RateOptions, backend: Backend, console: Console) -> None:
    """Find the highest rate that each contender sustains."""
    sought = rates.seek(options, backend, prepare(backend.url, backend.access), console, RESULTS)
    for one, found in zip(options.sides, sought.sustained.values(), strict=True):
        console.print(f"{one.title}: {options.slo} kept at {found}", highlight=False, soft_wrap=True)
    console.print(f"results/{sought.folder}")


def report(options: ReportOptions, console: Console) -> None:
    """Draw a comparison's pictures and its report again."""
    folder = PROJECT / options.run
    files.draw(folder, files.read(folder))
    console.print(f"{options.run}/report.html")


def show(study: Study, console: Console) -> None:
    """The decisions on all endpoints together, and where the report is."""
    names = {side: contender["name"] for side, contender in study.contenders.items()}
    table = Table("profile", "metric")
    for heading in (f"a: {names['a']}", f"b: {names['b']}", "b / a", "95% interval"):
        table.add_column(heading, justify="right")
    table.add_column("b is")
    for one in study.decisions:
        if one.endpoint == ALL:
            cells = (_number(value) for value in (one.a, one.b, one.ratio))
            table.add_row(one.profile, one.metric, *cells, _interval(one.low, one.high), one.verdict)
    console.print(table)
    for block in study.blocks:
        if block.invalid is not None:
            console.print(f"INVALID {block.profile} {block.pair} {block.contender}: {block.invalid}", soft_wrap=True)
    console.print(f"results/{study.folder}/report.html")


def _interval(low: float | None, high: float | None) -> str:
    return f"{_number(low)} to {_number(high)}" if low is not None and high is not None else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"

"""Options from the environment."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from loadtests import contenders as contenders_module
from loadtests import options as options_module
from loadtests.contenders import named
from loadtests.errors import LabError
from loadtests.load.delay import Delay
from loadtests.load.orders import Generators
from loadtests.options import (
    AaOptions,
    AgentOptions,
    BackendOptions,
    BenchOptions,
    GateOptions,
    LoadOptions,
    Options,
    OverheadOptions,
    PairedOptions,
    PairOptions,
    RateOptions,
    RunOptions,
    SizeOptions,
    WorkerOptions,
    with_backend,
)
from loadtests.resources import placement
from loadtests.resources.placement import EVERYWHERE
from loadtests.targets import Target


def test_the_seed_projects_load_is_the_default() -> None:
    assert RunOptions.from_environ({}).model_dump() == {
        "users": 10, "spawn_rate": 10, "duration": 30, "warmup": 5, "workload": "mixed", "quick": False,
        "workers": None, "threads": None, "pool": None, "contender_python": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "duration_s", "warmup_s"),
    [
        ({"QUICK": "1"}, 10, 2),
        ({"QUICK": "1", "DURATION": "3s"}, 3, 2),
        ({"QUICK": "0"}, 30, 5),
        ({"QUICK": "", "WARMUP": "500ms"}, 30, 0.5),
        ({"DURATION": "2m"}, 120, 5),
    ],
)
def test_quick_shortens_what_was_not_set(environ: dict[str, str], duration_s: float, warmup_s: float) -> None:
    options = RunOptions.from_environ(environ)
    assert (options.duration, options.warmup) == (duration_s, warmup_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [("USERS", "0"), ("USERS", "ten"), ("DURATION", "soon"), ("DURATION", "5h"), ("WORKERS", "65"), ("QUICK", "maybe")],
)
def test_a_bad_value_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(LabError, match=f"{name}={value}: "):
        RunOptions.from_environ({name: value})


@pytest.mark.parametrize(
    ("name", "sizes"), [("sync", (2, 8, 50)), ("async", (2, None, 50)), ("sync-gevent", (2, None, 50))]
)
def test_sizes_go_to_every_contender_and_threads_to_those_that_have_them(
    name: str, sizes: tuple[int, int | None, int]
) -> None:
    contender = SizeOptions.from_environ({"WORKERS": "2", "THREADS": "8", "POOL": "50"}).sized(named(name))
    assert (contender.workers, contender.threads, contender.pool) == sizes


def test_without_sizes_a_contender_stays_as_it_is() -> None:
    assert SizeOptions().sized(named("sync")) == named("sync")


def test_the_twins_are_compared_unless_others_are_named() -> None:
    assert PairOptions().sides == (named("sync"), named("async"))
    environ = {"A": "flask-async", "TARGET_B": "http://127.0.0.1:8000", "WORKERS": "2"}
    flask_async = replace(named("flask-async"), workers=2)
    assert PairOptions.from_environ(environ).sides == (flask_async, Target.at("http://127.0.0.1:8000"))


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"A": "asink"}, "there is no contender 'asink'"),
        ({"B": "sync", "TARGET_B": "http://127.0.0.1:8000"}, "B= and TARGET_B= both"),
    ],
)
def test_a_side_that_is_not_clear_is_refused(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        PairOptions.from_environ(environ)


TOLD = {"TARGET_A": "http://127.0.0.1:8000", "AGENT_A": "http://10.0.0.1:5100", "AGENT_TOKEN": "not-to-be-guessed"}


def test_what_a_running_service_uses_may_be_told_by_an_agent_elsewhere() -> None:
    told = replace(Target.at("http://127.0.0.1:8000"), agent="http://10.0.0.1:5100")
    assert PairOptions.from_environ(TOLD).sides == (told, named("async"))
    assert AaOptions.from_environ(TOLD).sides == (told, told)


def test_an_agents_token_is_in_no_command_and_no_error() -> None:
    options = PairedOptions.from_environ(TOLD)
    assert options.command("bench") == "make bench AGENT_A=http://10.0.0.1:5100 TARGET_A=http://127.0.0.1:8000"
    assert TOLD["AGENT_TOKEN"] not in repr(options)
    with pytest.raises(LabError, match=r"^AGENT_TOKEN: .*16 characters or more .*token_urlsafe") as raised:
        PairOptions.from_environ(TOLD | {"AGENT_TOKEN": "short"})
    assert "short" not in str(raised.value)


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"TARGET_A": ""}, "^AGENT_A= watches a running service: name that by TARGET_A=$"),
        ({"AGENT_TOKEN": ""}, "^AGENT_A= needs the token that it was started with, AGENT_TOKEN=$"),
        ({"AGENT_A": "10.0.0.1:5100"}, "^AGENT_A=10.0.0.1:5100: .*such as http://127.0.0.1:5100"),
        ({"AGENT_A": "http://10.0.0.1"}, "^AGENT_A=http://10.0.0.1: "),
        ({"AGENT_A": "http://10.0.0.1:70000"}, "^AGENT_A=http://10.0.0.1:70000: "),
        ({"AGENT_A": "http://10.0.0.1:5100/reading"}, "^AGENT_A=http://10.0.0.1:5100/reading: "),
    ],
)
def test_an_agent_that_is_not_clear_is_refused(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        PairOptions.from_environ(TOLD | environ)


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"AGENT_TOKEN": "not-to-be-guessed"}, "^PORT=: give the port on which the service listens$"),
        ({"PORT": "5000"}, "^AGENT_TOKEN: .*16 characters or more .*token_urlsafe"),
        ({"PORT": "5000", "AGENT_TOKEN": "with a space or two"}, "^AGENT_TOKEN: "),
        ({"PORT": "0", "AGENT_TOKEN": "not-to-be-guessed"}, "^PORT=0: "),
    ],
)
def test_an_agent_needs_a_port_and_a_token(environ: dict[str, str], reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        AgentOptions.from_environ(environ)


def test_an_agent_listens_on_the_loopback_interface_unless_it_is_told_otherwise() -> None:
    options = AgentOptions.from_environ({"PORT": "5000", "AGENT_TOKEN": "not-to-be-guessed"})
    assert (options.port, options.agent_host, options.agent_port) == (5000, "127.0.0.1", 5100)


def test_pairs_are_of_the_peak_and_a_steady_rate_unless_others_are_asked_for() -> None:
    assert PairedOptions.from_environ({}).model_dump(exclude={"a", "b"}) == {
        "workers": None, "threads": None, "pool": None, "contender_python": None, "target_a": None, "target_b": None,
        "agent_a": None, "agent_b": None, "agent_token": None,
        "allow": (), "workload": "mixed", "users": 32, "processes": 1, "master": None, "busy": False,
        "placement": "free", "pairs": 10, "quick": False, "profile": ("peak", "steady"), "rate": None, "resume": None,
    }  # fmt: skip


@pytest.mark.parametrize(("environ", "pairs"), [({"QUICK": "1"}, 3), ({"QUICK": "1", "PAIRS": "1"}, 1)])
def test_a_quick_comparison_has_three_pairs_or_as_many_as_are_asked_for(environ: dict[str, str], pairs: int) -> None:
    assert PairedOptions.from_environ(environ).pairs == pairs


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("peak", ("peak",)),
        ("peak steady", ("peak", "steady")),
        ("light,burst", ("light", "burst")),
        ("seed", ("light",)),
        ("seed light peak peak", ("light", "peak")),
    ],
)
def test_profiles_are_named_one_after_the_other(text: str, names: tuple[str, ...]) -> None:
    assert PairedOptions.from_environ({"PROFILE": text, "RATE": "50"}).profile == names


@pytest.mark.parametrize("text", ["steady", "burst", "light burst"])
def test_a_rate_is_needed_where_no_peak_is_measured(text: str) -> None:
    with pytest.raises(LabError, match=f"^PROFILE={text} needs a RATE=, or the profile peak to find one$"):
        PairedOptions.from_environ({"PROFILE": text})
    assert PairedOptions.from_environ({"PROFILE": text, "RATE": "50"}).rate == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROFILE", "peak flat"), ("PROFILE", ","), ("PAIRS", "0"), ("RATE", "0"), ("RATE", "fast"), ("USERS", "1001"),
        ("PROCESSES", "0"), ("WORKLOAD", "lunch"), ("QUICK", "maybe"), ("A", "asink"),
        ("TARGET_A", "http://10.0.0.1:8000"),
    ],
)  # fmt: skip
def test_a_bad_value_of_a_comparison_is_named(name: str, value: str) -> None:
    with pytest.raises(LabError, match=re.escape(value.split()[-1])) as refused:
        PairedOptions.from_environ({name: value})
    assert "Value error" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "environ", "command"),
    [
        (PairedOptions, {}, "make bench"),
        (PairedOptions, {"A": "flask-async", "QUICK": "1"}, "make bench A=flask-async PAIRS=3 QUICK=1"),
        (
            PairedOptions,
            {"PROFILE": "peak,burst", "RATE": "50", "TARGET_B": "http://127.0.0.1:8000", "BUSY": "1"},
            "make bench PROFILE='peak burst' RATE=50.0 TARGET_B=http://127.0.0.1:8000",
        ),
        (AaOptions, {"A": "async", "THREADS": "8"}, "make bench A=async THREADS=8"),
        (GateOptions, {"BASE": "results/base", "PAIRS": "6"}, "make bench BASE=results/base PAIRS=6"),
        (BenchOptions, {"CONTENDERS": "sync, async"}, "make bench CONTENDERS='sync async'"),
    ],
)
def test_a_result_tells_the_command_that_makes_it_again(
    options: type[PairedOptions], environ: dict[str, str], command: str
) -> None:
    read = options.from_environ(environ)
    assert read.command("bench") == command
    words = dict(word.split("=", 1) for word in shlex.split(command)[2:])
    assert options.from_environ(words) == read.model_copy(update={"busy": False})


def test_a_contender_stands_against_itself_in_its_sizes() -> None:
    itself = replace(named("async"), workers=2)
    assert AaOptions.from_environ({"A": "async", "WORKERS": "2"}).sides == (itself, itself)


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        (BenchOptions, {"A": "bare-sync"}),
        (BenchOptions, {"B": "bare-async", "WORKLOAD": "search"}),
        (AaOptions, {"A": "bare-async", "WORKLOAD": "write"}),
        (RateOptions, {"B": "bare-sync", "WORKLOAD": "graphql"}),
        (BenchOptions, {"A": "bare-sync", "WORKLOAD": "form", "TARGET_B": "http://127.0.0.1:8000"}),
    ],
)
def test_a_contender_is_refused_for_a_workload_that_it_does_not_offer(
    options: type[LoadOptions], environ: dict[str, str]
) -> None:
    with pytest.raises(
        LabError, match=r"^WORKLOAD=\w+: the contender bare-\w+ offers no more than get: give WORKLOAD=get"
    ):
        options.from_environ(environ)
    assert options.from_environ(environ | {"WORKLOAD": "get"}).workload == "get"


def test_a_contender_that_is_not_loaded_may_offer_less() -> None:
    assert AaOptions.from_environ({"B": "bare-sync"}).workload == "mixed"


def test_overhead_is_an_ordinary_comparison_of_each_twin_with_its_bare_application() -> None:
    options = OverheadOptions.from_environ({"QUICK": "1", "THREADS": "8"})
    of_async = options.of("async")
    assert (of_async.users, of_async.pairs, of_async.profile, of_async.workload) == (8, 3, ("peak",), "get")
    assert [side.name for side in of_async.sides] == ["bare-async", "async"]
    assert options.of("sync").sides[0] == replace(named("bare-sync"), threads=8)
    assert options.of("sync").command("bench") == (
        "make bench A=bare-sync B=sync PAIRS=3 PROFILE=peak QUICK=1 THREADS=8 USERS=8 WORKLOAD=get"
    )
    assert OverheadOptions.from_environ({"PAIRS": "4", "QUICK": "1", "USERS": "2"}).of("sync").pairs == 4


def test_overhead_goes_on_with_the_one_comparison_that_is_named() -> None:
    options = OverheadOptions.from_environ({"RESUME": "results/.20261125T183643Z-overhead-async"})
    assert (options.of("sync").resume, options.of("async").resume) == (None, options.resume)
    with pytest.raises(LabError, match=r"^RESUME=results/.2026-compare: .*overhead-sync or overhead-async$"):
        OverheadOptions.from_environ({"RESUME": "results/.2026-compare"})


def test_a_gate_needs_its_baseline() -> None:
    with pytest.raises(LabError, match=r"^BASE=: give the result folder that is the baseline$"):
        GateOptions.from_environ({})


@pytest.mark.parametrize(("name", "value"), [("STEP", "500ms"), ("STEP", "2m"), ("USERS", "0")])
def test_a_bad_value_of_a_rate_search_is_named(name: str, value: str) -> None:
    with pytest.raises(LabError, match=f"^{name}={value}: "):
        RateOptions.from_environ({name: value})


def test_a_rate_search_has_an_objective() -> None:
    options = RateOptions.from_environ({"SLO": "p95<50ms", "STEP": "5s"})
    assert (options.slo, options.step, options.users) == ("p95<50ms", 5, 32)


def test_an_unknown_workload_is_refused_with_those_that_there_are() -> None:
    words = r"WORKLOAD=reading: .*there are mixed, reads, get, search, dashboard, graphql, write"
    with pytest.raises(LabError, match=words):
        RunOptions.from_environ({"WORKLOAD": "reading"})


def test_load_goes_to_a_host_that_is_named() -> None:
    environ = {"TARGET_A": "http://books.example:8000", "ALLOW": "books.example other.example"}
    target, _ = PairOptions.from_environ(environ).sides
    assert target == Target.at("http://books.example:8000")
    with pytest.raises(LabError, match=r"TARGET_A=http://books.example:8000: .*ALLOW="):
        PairOptions.from_environ(environ | {"ALLOW": "other.example"})


def test_processes_may_come_from_other_hosts() -> None:
    options = BenchOptions.from_environ({"MASTER": "10.0.0.1:5557", "PROCESSES": "3"})
    assert options.generators == Generators(3, ("10.0.0.1", 5557))
    assert options.command("bench") == "make bench MASTER=10.0.0.1:5557 PROCESSES=3"


@pytest.mark.parametrize("address", ["5557", "host", "host:0", "host:65536", "http://host:5557", "a host:5557"])
def test_a_master_needs_a_host_and_a_port(address: str) -> None:
    with pytest.raises(LabError, match=re.escape(f"MASTER={address}: ")):
        WorkerOptions.from_environ({"MASTER": address})


REPLAY = {"BACKEND": "replay", "WORKLOAD": "search"}


@pytest.mark.parametrize("kind", [BenchOptions, AaOptions, RateOptions, RunOptions])
@pytest.mark.parametrize("workload", ["mixed", "write"])
def test_a_replayed_backend_takes_no_workload_that_writes(kind: type[Options], workload: str) -> None:
    told = (
        rf"^WORKLOAD={workload} writes, and BACKEND=replay takes no writes: give one of reads, get, search, dashboard"
    )
    with pytest.raises(LabError, match=told):
        with_backend(kind, REPLAY | {"WORKLOAD": workload})
    _, backend = with_backend(kind, REPLAY | {"WORKLOAD": "reads", "DELAY_MS": "lognormal:20:0.5"})
    assert backend.delay_ms == Delay(20, 0.5)


def test_a_replayed_backend_is_for_contenders_that_the_lab_starts() -> None:
    with pytest.raises(LabError, match=r"^TARGET_A= and TARGET_B= ask backends of their own: BACKEND=replay is for"):
        with_backend(BenchOptions, REPLAY | {"TARGET_B": "http://127.0.0.1:8000"})


TLS = {"CONTENDERS": "sync sync-tls async-tls", "WORKLOAD": "search"}


@pytest.mark.parametrize("kind", [BenchOptions, AaOptions, RateOptions])
def test_a_contender_with_tls_needs_a_backend_with_tls(kind: type[Options]) -> None:
    told = (
        r"^the contender sync-tls asks Elasticsearch by TLS, and this backend has none: give BACKEND=replay, "
        r"or ES_URL=https://… for all contenders$"
    )
    given = {"A": "sync-tls", "WORKLOAD": "search"}
    for backend in ({}, {"ES_URL": "http://127.0.0.1:9200"}, {"BACKEND": "docker"}):
        with pytest.raises(LabError, match=told):
            with_backend(kind, given | backend)
    for backend in ({"BACKEND": "replay"}, {"ES_URL": "https://host"}):
        with_backend(kind, given | backend)


def test_each_contender_without_its_tls_is_told() -> None:
    with pytest.raises(LabError, match=r"^the contender sync-tls .*; the contender async-tls "):
        with_backend(BenchOptions, TLS)
    with_backend(BenchOptions, TLS | {"BACKEND": "replay"})


def test_a_delay_is_for_a_replayed_backend_only() -> None:
    with pytest.raises(LabError, match=r"^DELAY_MS= is for a replayed backend: give BACKEND=replay too"):
        BackendOptions.from_environ({"DELAY_MS": "20"})
    with pytest.raises(LabError, match=r"^DELAY_MS=20ms: give ms such as 20"):
        BackendOptions.from_environ({"BACKEND": "replay", "DELAY_MS": "20ms"})


def test_what_is_about_a_real_elasticsearch_refuses_a_replayed_one() -> None:
    with pytest.raises(LabError, match=r"^make claims is about a real Elasticsearch: leave BACKEND=replay out$"):
        BackendOptions.from_environ({"BACKEND": "replay"}).check_real("claims")
    BackendOptions.from_environ({}).check_real("claims")


def test_all_that_is_wrong_with_a_command_and_its_backend_is_told_at_once() -> None:
    wrong = {"A": "asink", "USERS": "0", "BACKEND": "replay", "DELAY_MS": "-1", "ES_HEAP": "much"}
    with pytest.raises(LabError) as caught:
        with_backend(BenchOptions, wrong)
    told = str(caught.value)
    assert "A=asink: there is no contender 'asink': contenders.toml has sync, async" in told
    assert {"USERS=0:", "DELAY_MS=-1:", "ES_HEAP=much:"} <= {*told.split()}


def test_several_contenders_are_compared_in_their_order() -> None:
    options = BenchOptions.from_environ({"CONTENDERS": "sync sync-gevent async", "WORKERS": "2"})
    assert options.sides == tuple(replace(named(name), workers=2) for name in ("sync", "sync-gevent", "async"))


@pytest.mark.parametrize(
    ("environ", "reasons"),
    [
        ({"CONTENDERS": "sync"}, ["give two to 8 contenders"]),
        ({"CONTENDERS": " ".join(["sync"] * 9)}, ["give two to 8 contenders", "sync more than once"]),
        ({"CONTENDERS": "sync asink"}, ["there is no contender 'asink': contenders.toml has sync, async"]),
        ({"CONTENDERS": "sink asink sync"}, ["there is no contender 'sink' or 'asink'"]),
        ({"CONTENDERS": "sync async sync asink"}, ["'asink'", "sync more than once: make aa compares"]),
        ({"CONTENDERS": "sync async", "B": "async"}, ["CONTENDERS= names all sides: leave out B="]),
        (
            {"CONTENDERS": "sync async", "TARGET_A": "http://127.0.0.1:8000", "A": "sync"},
            ["A= and TARGET_A= both name this side"],
        ),
        (
            {"CONTENDERS": "sync sync-uvicorn sync-async-def", "WORKLOAD": "get"},
            ["WORKLOAD=get: the contender sync-uvicorn offers no more than form"],
        ),
        (
            {"CONTENDERS": "sync bare-sync sync-uvicorn", "WORKLOAD": "get", "A": "sync"},
            ["leave out A=", "the contender sync-uvicorn offers no more than form"],
        ),
    ],
)
def test_contenders_that_can_not_be_compared_are_refused_with_all_that_is_wrong(
    environ: dict[str, str], reasons: list[str]
) -> None:
    with pytest.raises(LabError) as caught:
        BenchOptions.from_environ(environ)
    assert all(reason in str(caught.value) for reason in reasons), str(caught.value)


def test_contenders_that_differ_in_their_names_alone_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = 'title = "one"\napp = "sync_app"\nserver = "gunicorn"\nworker_class = "gthread"\nworkers = 1\npool = 9\n'
    written = tmp_path / "contenders.toml"
    written.write_text(f"[sync]\n{table}threads = 16\n[async]\n{table}threads = 64\n")
    monkeypatch.setattr(contenders_module, "FILE", written)
    assert len(BenchOptions.from_environ({"CONTENDERS": "sync async"}).sides) == 2
    with pytest.raises(LabError, match=r"^with the given sizes sync and async are the same contender: "):
        BenchOptions.from_environ({"CONTENDERS": "sync async", "THREADS": "8"})


@pytest.mark.parametrize(
    ("environ", "needed", "fix"),
    [
        ({"CONTENDERS": "sync async", "WORKERS": "64"}, "16,640", "give fewer WORKERS="),
        ({"WORKERS": "64"}, "16,640", "give fewer WORKERS="),
        (
            {"CONTENDERS": "sync async sync-gevent", "POLICY": "equal-memory", "MEMORY_MIB": "9000"},
            "27,000",
            "give less MEMORY_MIB=",
        ),
    ],
)
def test_more_than_the_memory_holds_is_refused(
    environ: dict[str, str], needed: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = psutil.virtual_memory()._replace(available=16_000 * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(
        LabError, match=f"may need {needed} MiB of memory, and 16,000 MiB are free: compare fewer, {fix}"
    ):
        BenchOptions.from_environ(environ)


@pytest.mark.parametrize("kind", [AaOptions, GateOptions, RateOptions, RunOptions, OverheadOptions])
def test_several_contenders_are_for_a_comparison_only(kind: type[Options]) -> None:
    with pytest.raises(LabError, match="CONTENDERS= is for make bench: leave it out here"):
        with_backend(kind, {"CONTENDERS": "sync async", "BASE": "results/base"})


def test_all_that_does_not_go_together_is_told_at_once() -> None:
    wrong = {
        "CONTENDERS": "sync async",
        "A": "sync",
        "PROFILE": "steady",
        "RESUME": "x",
        "APPEND": "y",
        "MEMORY_MIB": "3",
    }
    with pytest.raises(LabError) as caught:
        BenchOptions.from_environ(wrong)
    told = ("leave out A=", "needs a RATE=", "APPEND= begins a session", "MEMORY_MIB= is for POLICY=equal-memory")
    assert all(part in str(caught.value) for part in told), str(caught.value)


def test_a_fault_of_the_backend_hides_none_of_the_command() -> None:
    with pytest.raises(LabError) as caught:
        with_backend(BenchOptions, {"BACKEND": "replay", "DELAY_MS": "٢٠", "WORKLOAD": "write", "CONTENDERS": "sync"})
    told = ("give two to 8 contenders, with spaces", "DELAY_MS=٢٠: give ms", "WORKLOAD=write writes")
    assert all(part in str(caught.value) for part in told), str(caught.value)


def test_a_wrong_contender_and_a_replay_of_writes_are_told_at_once() -> None:
    with pytest.raises(LabError) as caught:
        with_backend(BenchOptions, {"CONTENDERS": "sync asink", "BACKEND": "replay"})
    assert "there is no contender 'asink'" in str(caught.value)
    assert "WORKLOAD=mixed writes, and BACKEND=replay takes no writes" in str(caught.value)


def test_placement_is_free_unless_apart_is_asked_for() -> None:
    assert BenchOptions.from_environ({}).placed == EVERYWHERE
    with pytest.raises(LabError, match=r"^PLACEMENT=together: "):
        BenchOptions.from_environ({"PLACEMENT": "together"})


def test_a_contender_needs_its_cores_among_those_that_placement_leaves_to_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placement, "machine_cores", lambda: [0, 1])
    chosen = {"A": "sync-pinned", "B": "sync", "PLACEMENT": "apart"}
    assert BenchOptions.from_environ(chosen).placed.services == frozenset({0})
    monkeypatch.setattr(options_module, "named", lambda name: replace(named(name), cores=2))
    with pytest.raises(LabError, match="has cores = 2, and this machine has 1 for it"):
        BenchOptions.from_environ(chosen)

"""What processes use is seen from outside, also of children that come and go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from loadtests.resources import kernel
from loadtests.resources.sampler import Sampler, Tree, sampling

BURN = "import time\nwhile time.process_time() < 0.5: pass\nprint('burnt', flush=True)\ninput()"
BURN_IN_A_CHILD = (
    f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN.replace('input()', '')!r}])\ninput()"
)


@contextmanager
def python(code: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield process
        process.communicate(b"\n")


def seen(sampler: Sampler, condition: Callable[[], bool], within_s: float = 30) -> bool:
    """Whether the condition came true in time; looks again whenever a sample may have been added."""
    deadline_s = time.perf_counter() + within_s
    while not condition() and time.perf_counter() < deadline_s:
        time.sleep(0.05)
    assert sampler.samples
    return condition()


@pytest.mark.parametrize("code", [BURN, BURN_IN_A_CHILD])
def test_cpu_time_of_the_whole_tree_is_counted_and_never_falls(code: str) -> None:
    with python(code) as process, sampling({"server": process.pid}) as sampler:
        assert process.stdout is not None
        assert process.stdout.readline() == b"burnt\n"
        assert seen(sampler, lambda: bool(sampler.samples) and sampler.samples[-1].cpu_s >= 0.3)
    cpu_s = [sample.cpu_s for sample in sampler.samples]
    assert cpu_s == sorted(cpu_s)
    assert all(s.rss_bytes > 0 and s.threads >= 1 and s.file_descriptors >= 3 for s in sampler.samples)


def test_groups_are_told_apart_and_one_that_cannot_be_seen_is_left_out() -> None:
    with python("input()") as ended:
        pass
    with sampling({"server": os.getpid(), "backend": ended.pid}) as sampler:
        assert seen(sampler, lambda: len(sampler.samples) >= 2)
    assert {sample.group for sample in sampler.samples} == {"server"}


def test_a_tree_that_ends_while_it_is_sampled_is_no_error_and_uses_nothing_from_then_on() -> None:
    with python("input()") as process, sampling({"server": process.pid, "generator": os.getpid()}) as sampler:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, but is still in the process table
        before = len(sampler.samples)
        assert seen(sampler, lambda: len(sampler.samples) >= before + 3)
    assert [sample.group for sample in sampler.samples[-2:]] == ["generator", "generator"]
    assert all(sample.rss_bytes > 0 for sample in sampler.samples)


HOLD = "held = bytearray(50_000_000)\nprint(1, flush=True)\ninput()"
WITH_A_WORKER = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HOLD!r}])"


def test_pss_tells_an_arbiter_from_its_workers_and_only_once_a_second() -> None:
    with python(WITH_A_WORKER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        with sampling({"server": process.pid, "backend": os.getpid()}, pss_of={"server"}) as sampler:
            assert seen(sampler, lambda: len(sampler.samples) >= 12)
    server = [sample for sample in sampler.samples if sample.group == "server"]
    assert [sample.pss_bytes is not None for sample in server[:5]] == [True, False, False, False, True]
    assert all(sample.pss_bytes is None for sample in sampler.samples if sample.group == "backend")
    assert server[0].arbiter_pss_bytes is not None
    assert server[0].workers_pss_bytes is not None
    assert 0 < server[0].arbiter_pss_bytes < 50_000_000 < server[0].workers_pss_bytes
    assert server[0].pss_bytes == server[0].arbiter_pss_bytes + server[0].workers_pss_bytes < server[0].rss_bytes


def test_a_process_alone_is_a_worker_without_an_arbiter() -> None:
    with python("input()") as process:
        sample = Tree("server", process.pid).sample(with_pss=True)
    assert sample is not None
    assert (sample.arbiter_pss_bytes, sample.workers_pss_bytes) == (0, sample.pss_bytes)


def test_a_tree_whose_kernel_tells_no_pss_has_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "pss_bytes", lambda _: None)
    sample = Tree("server", os.getpid()).sample(with_pss=True)
    assert sample is not None
    assert (sample.pss_bytes, sample.arbiter_pss_bytes, sample.workers_pss_bytes) == (None, None, None)

"""A parser that an attacker has taken over: it gets nowhere, and the service lives."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.intake.jobs import JOBS
from services.intake.sandbox.client import Done, Failed, Sandbox
from services.intake.sandbox.containment import Bounds
from services.intake.sandbox.wire import Message
from services.intake.tessdata import tessdata_folder
from shared.events import Reason

BOUNDS = Bounds(memory_mib=200, cpu_s=2, wall_s=4, scratch_mib=8)
DENIED = {"PermissionError"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(
        BOUNDS, at_once=4, result_bytes=16 * 1024 * 1024, jobs_module="tests.faults.hostile_jobs"
    )
    yield sandbox
    assert got(sandbox, "echo", still="alive") == {"still": "alive"}
    sandbox.close()


def got(sandbox: Sandbox, job: str, **fields: Any) -> Any:
    outcome = sandbox.run_here(job, Message(fields))
    assert isinstance(outcome, Done), outcome
    return outcome.fields["got"]


def reason(sandbox: Sandbox, job: str) -> Reason:
    outcome = sandbox.run_here(job, Message({}))
    assert isinstance(outcome, Failed), outcome
    return outcome.reason


def test_what_is_given_comes_back_blobs_and_all(sandbox: Sandbox) -> None:
    blobs = (b"", b"x" * 3_000_000, bytes(range(256)))
    outcome = sandbox.run_here("echo", Message({"å": [1, None, "ö"]}, blobs))
    assert outcome == Done({"got": {"å": [1, None, "ö"]}}, blobs)


def test_files_outside_cannot_be_read_or_listed(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "form.key"
    secret.write_text("hemligt")
    for path in (secret, Path("/etc/passwd"), Path(f"/proc/{os.getpid()}/environ")):
        assert got(sandbox, "read", path=str(path)) in DENIED
    assert got(sandbox, "list", path="/") in DENIED
    assert got(sandbox, "list", path=str(tmp_path)) in DENIED


def test_nothing_outside_can_be_written(sandbox: Sandbox, tmp_path: Path) -> None:
    for path in (tmp_path / "new", Path("/tmp/handslag-escape"), Path(__file__)):
        assert got(sandbox, "write", path=str(path)) in DENIED


def test_the_own_folder_can_be_written_and_is_gone_afterwards(sandbox: Sandbox) -> None:
    assert got(sandbox, "write_own", bytes=1000) == 1000
    folders = Path(tempfile.gettempdir()).glob(f"handslag-reader-*-{sandbox.warm_up()}-*")
    assert [list(folder.iterdir()) for folder in folders] == [[]]


def test_the_own_folder_has_a_limit(sandbox: Sandbox) -> None:
    outcome = sandbox.run_here("write_own", Message({"bytes": 20 * 1024 * 1024}))
    assert isinstance(outcome, Failed)
    assert "File too large" in outcome.detail


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("AF_INET", "SOCK_STREAM"),
        ("AF_INET", "SOCK_DGRAM"),
        ("AF_INET6", "SOCK_DGRAM"),
        ("AF_INET", "SOCK_RAW"),
        ("AF_UNIX", "SOCK_STREAM"),
        ("AF_NETLINK", "SOCK_RAW"),
    ],
)
def test_there_is_no_socket_of_any_kind(sandbox: Sandbox, family: str, kind: str) -> None:
    assert got(sandbox, "connect", family=family, kind=kind) in DENIED


def test_no_program_can_be_started_but_tesseract(sandbox: Sandbox) -> None:
    for command in (["/bin/sh", "-c", "id"], ["/usr/bin/id"], ["/usr/bin/env", "true"]):
        assert got(sandbox, "execute", command=command) in DENIED
    assert "tesseract" in got(sandbox, "tesseract")


def test_a_job_that_needs_no_program_cannot_even_fork(sandbox: Sandbox) -> None:
    assert got(sandbox, "fork") in DENIED
    assert got(sandbox, "execute_nothing", command=["tesseract", "--version"]) in DENIED


def test_a_fork_bomb_is_bounded_and_all_of_it_is_killed(sandbox: Sandbox) -> None:
    server = psutil.Process(sandbox.warm_up())
    with ThreadPoolExecutor(1) as threads:
        ending = threads.submit(reason, sandbox, "fork_bomb")
        time.sleep(2)
        assert 1 < len(server.children(recursive=True)) < 2000
        assert got(sandbox, "echo") == {}
        assert ending.result() is Reason.READER_TIMEOUT
    assert server.children(recursive=True) == []


def test_there_is_no_way_out_of_the_process_group(sandbox: Sandbox) -> None:
    outcome = sandbox.run_here("daemonise", Message({}))
    assert isinstance(outcome, Done)
    assert {outcome.fields["got"], outcome.fields["group"]} <= DENIED


def test_eating_memory_ends_the_child_alone(sandbox: Sandbox) -> None:
    assert reason(sandbox, "eat_memory") is Reason.READER_MEMORY


def test_an_endless_loop_is_stopped_by_its_cpu_limit(sandbox: Sandbox) -> None:
    began_at = time.monotonic()
    assert reason(sandbox, "loop") is Reason.READER_TIMEOUT
    assert time.monotonic() - began_at < BOUNDS.wall_s + 2


def test_doing_nothing_for_ever_is_stopped_by_the_clock(sandbox: Sandbox) -> None:
    assert reason(sandbox, "sleep") is Reason.READER_TIMEOUT


def test_a_crash_and_an_exception_are_told_apart_from_success(sandbox: Sandbox) -> None:
    assert reason(sandbox, "crash") is Reason.READER_CRASHED
    outcome = sandbox.run_here("raise", Message({}))
    assert outcome == Failed(Reason.READER_CRASHED, "ValueError: not a mail")


def test_a_crash_in_the_engine_ends_the_child_alone(sandbox: Sandbox) -> None:
    server = sandbox.warm_up()
    assert reason(sandbox, "crash_the_engine") in (Reason.READER_CRASHED, Reason.READER_MEMORY)
    assert sandbox.warm_up() == server


def test_only_what_nothing_waits_for_may_start_tesseract() -> None:
    assert [name for name, job in JOBS.items() if job.may_execute] == ["find_words"]
    assert JOBS["find_words"].background


def test_a_missing_model_is_told_of_at_the_start_and_kept_in_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tessdata_folder()
    assert folder is not None
    (tmp_path / "eng.traineddata").symlink_to(folder / "eng.traineddata")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    own = Sandbox(BOUNDS, at_once=1, jobs_module="tests.faults.hostile_jobs")
    try:
        assert got(own, "echo") == {}
        assert own.check() == (
            "Tesseract's model swe: install tesseract-ocr-swe; "
            "Tesseract's model osd: install tesseract-ocr-osd"
        )
    finally:
        own.close()


def test_other_processes_cannot_be_signalled_or_traced(sandbox: Sandbox) -> None:
    server = sandbox.warm_up()
    for pid in (os.getpid(), server):
        assert got(sandbox, "signal", pid=pid) in DENIED
        assert got(sandbox, "trace", pid=pid) == "Operation not permitted"
    assert psutil.pid_exists(server)


def test_a_result_beyond_its_limit_or_without_sense_is_not_taken(sandbox: Sandbox) -> None:
    assert reason(sandbox, "too_much") is Reason.READER_CRASHED
    assert reason(sandbox, "nonsense") is Reason.READER_CRASHED


def test_the_service_s_secrets_are_not_in_the_child_s_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDSLAG_FORM_KEY", "hemligt")
    own = Sandbox(BOUNDS, at_once=1, jobs_module="tests.faults.hostile_jobs")
    try:
        assert not [name for name in got(own, "environment") if name.startswith("HANDSLAG")]
    finally:
        own.close()


def test_a_dead_fork_server_is_started_again_and_takes_its_children_along(
    sandbox: Sandbox,
) -> None:
    first = sandbox.warm_up()
    with ThreadPoolExecutor(1) as threads:
        ending = threads.submit(sandbox.run_here, "sleep", Message({}))
        time.sleep(0.5)
        [child] = psutil.Process(first).children()
        os.kill(first, signal.SIGKILL)
        outcome = ending.result()
    # The job was tried once more, on the new server, and took its time there too.
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.READER_TIMEOUT
    assert sandbox.warm_up() != first
    assert not child.is_running()


def test_the_fork_server_has_one_thread_and_ends_with_its_service() -> None:
    own = Sandbox(BOUNDS, at_once=1, jobs_module="services.intake.jobs")
    server = psutil.Process(own.warm_up())
    assert server.num_threads() == 1
    own.close()
    assert not server.is_running()

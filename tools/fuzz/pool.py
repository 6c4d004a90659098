"""Run trials in processes that can be killed: a bound of time and of memory for each."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tools.fuzz.verdicts import Verdict

Task = Callable[[int, Path], Verdict]
"""What runs input *number* in an empty folder."""

SECONDS = 20
"""Of processor, for an input; six times as long by the clock, for what waits without working."""
MEGABYTES = 1000
_RENEW_AFTER = 400


@dataclass
class Outcome:
    """A verdict, with the time in seconds and the peak of memory in MB of the process that reached it."""

    number: int
    verdict: Verdict
    seconds: float = 0.0
    megabytes: int = 0


@dataclass
class _Worker:
    process: multiprocessing.process.BaseProcess
    link: Connection
    folder: Path
    number: int = -1
    begun: float = 0.0
    done: int = 0
    peak: int = 0
    kept: list[Path] = field(default_factory=list)


def peak_megabytes() -> int:
    """Return the peak of resident memory of this process, in MB; 0 where the system does not say."""
    with contextlib.suppress(OSError, StopIteration), Path("/proc/self/status").open() as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) // 1024
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def _loopback_only() -> None:
    """Refuse any address but this machine's: a damaged setting may name another server."""
    import socket

    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        if not (isinstance(address, tuple) and str(address[0]) in ("127.0.0.1", "::1")):
            raise OSError(f"fuzz: {address}")
        connect(self, address)

    socket.socket.connect = refuse  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = lambda host, port, *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (str(host), int(port or 0)))
    ]


def _bound_processor(seconds: int) -> None:
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _work(link: Connection, task: Task, folder: Path, seconds: int) -> None:
    _loopback_only()
    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what a library writes by itself is not the tool's
        os.dup2(devnull, stream)
    while (number := link.recv()) is not None:
        _bound_processor(seconds)
        try:
            link.send((task(number, folder / str(number)), peak_megabytes()))
        except Exception as error:  # the harness's own fault: to be said as such, and the rest goes on
            fault = Verdict(findings={f"faute du harnais : {error!r}"[:200]: traceback.format_exc()})
            link.send((fault, peak_megabytes()))


def _start(task: Task, seconds: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    folder = Path(tempfile.mkdtemp(prefix="avs-fuzz-"))
    process = context.Process(target=_work, args=(theirs, task, folder, seconds), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, mine, folder)


def _stop(worker: _Worker) -> None:
    with contextlib.suppress(OSError):
        worker.link.send(None)
    worker.process.join(2)
    worker.process.kill()
    worker.process.join()
    worker.link.close()
    shutil.rmtree(worker.folder, ignore_errors=True)


def _give(worker: _Worker, number: int) -> None:
    (worker.folder / str(number)).mkdir()
    worker.number, worker.begun = number, time.monotonic()
    worker.link.send(number)


def _death(worker: _Worker, seconds: int) -> Verdict:
    """Say how a worker ended: killed for its time, or by a fault of a library."""
    worker.process.join(5)
    code = worker.process.exitcode
    if sys.platform != "win32" and code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Verdict(findings={f"plus de {seconds} s": "processus arrêté"})
    return Verdict(findings={f"processus mort, code {code}": "arrêt brutal"})


def _answer(worker: _Worker, seconds: int, megabytes: int) -> Outcome:
    number, elapsed = worker.number, time.monotonic() - worker.begun
    try:
        verdict, peak = worker.link.recv()
    except (EOFError, OSError):
        return Outcome(number, _death(worker, seconds), elapsed, worker.peak)
    if peak > megabytes >= worker.peak:
        verdict.findings[f"plus de {megabytes} Mo"] = f"{peak} Mo, {worker.peak} avant"
    worker.peak, worker.done = peak, worker.done + 1
    return Outcome(number, verdict, elapsed, peak)


def run_all(
    task: Task, numbers: Iterable[int], workers: int = 2, seconds: int = SECONDS, megabytes: int = MEGABYTES
) -> Iterator[tuple[Outcome, Path]]:
    """Yield the outcome of each input and the folder of its files, which lasts until the next is asked for.

    An input that takes more than *seconds* of processor (on POSIX), or six times that by the clock, ends
    its process, and so does a crash: both are findings, and another process goes on.
    """
    left = iter(numbers)
    pool: list[_Worker] = []
    try:
        for number in islice(left, workers):
            pool.append(_start(task, seconds))
            _give(pool[-1], number)
        while pool:
            ready = wait([worker.link for worker in pool], timeout=1)
            for worker in list(pool):
                late = time.monotonic() - worker.begun > 6 * seconds
                if late and worker.link not in ready:
                    worker.process.kill()
                elif worker.link not in ready:
                    continue
                outcome = _answer(worker, seconds, megabytes)
                folder = worker.folder / str(worker.number)
                yield outcome, folder
                shutil.rmtree(folder, ignore_errors=True)
                _go_on(pool, worker, task, next(left, None), (seconds, megabytes))
    finally:
        for worker in pool:
            _stop(worker)


def _go_on(
    pool: list[_Worker], worker: _Worker, task: Task, number: int | None, bounds: tuple[int, int]
) -> None:
    """Give the next input to a worker, or to another where that one is dead, old or large."""
    worn = worker.done >= _RENEW_AFTER or worker.peak > bounds[1]
    if number is None or worn or not worker.process.is_alive():
        pool.remove(worker)
        _stop(worker)
        if number is None:
            return
        worker = _start(task, bounds[0])
        pool.append(worker)
    _give(worker, number)

"""What a piece of work costs, in processor time of both sides and in time on the clock."""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from django.db import connection

ROUNDS = {"s": 2, "ms": 2}


def tell(text: str) -> None:
    """For the person who waits: never on the output that machines read."""
    print(text, file=sys.stderr, flush=True)


def load() -> str:
    return "load " + " ".join(f"{n:.2f}" for n in os.getloadavg())


def publish(name: str, unit: str, measured: float, floor: float | None = None) -> None:
    """One JSON object a line; `ratio` says how many times the hand-written floor it is."""
    line = {"name": name, "unit": unit, "median": round(measured, ROUNDS[unit])}
    if floor is not None:
        line |= {"floor": round(floor, ROUNDS[unit]), "ratio": round(measured / floor, 2)}
    print(json.dumps(line), flush=True)


def _server_clock() -> int | None:
    """The processor clock of the PostgreSQL process that serves this connection."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return (~pid << 3) | 2  # clock_getcpuclockid(3), which Python gives for threads alone


@dataclass
class Costs:
    cpu: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return 1000 * median(self.cpu)

    @property
    def server_ms(self) -> float:
        """The share of the database server in `cpu_ms`."""
        return 1000 * median(self.server)

    @property
    def wall_ms(self) -> float:
        return 1000 * median(self.wall)


def costs(work: Callable[[], object], *, repeats: int, warm_up: int = 5) -> Costs:
    """Processor time of this process and of its database server, and time on the clock."""
    found = Costs()
    server = _server_clock()
    for turn in range(warm_up + repeats):
        gc.collect()
        cpu, there, wall = (
            time.process_time(),
            time.clock_gettime(server) if server is not None else 0.0,
            time.perf_counter(),
        )
        work()
        wall = time.perf_counter() - wall
        cpu = time.process_time() - cpu
        there = time.clock_gettime(server) - there if server is not None else 0.0
        if turn >= warm_up:
            found.cpu.append(cpu + there)
            found.server.append(there)
            found.wall.append(wall)
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

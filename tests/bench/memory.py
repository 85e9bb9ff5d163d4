"""(d) Resident memory after stateless runs, beside the bare app's, and whether it stays there."""

from tests.bench import client, processes, requests, servers
from tests.bench.effort import Effort
from tests.bench.report import Row, at_most, say, spread

_FLAT = 0.02  # the share that a process may grow by and still be called flat: allocators breathe


def measure(effort: Effort) -> list[Row]:
    """Fresh servers for each pair; the last mockgraph goes on to show its growth."""
    mock, bare, growth, full = [], [], 0.0, 0.0
    for run in range(effort.runs):
        with servers.bare() as server:
            client.for_count(server.port, requests.stream("/stream"), effort.stateless)
            bare.append(processes.resident(server.pid))
        with servers.mockgraph() as server:
            client.for_count(server.port, requests.stream("/runs/stream"), effort.stateless)
            mock.append(processes.resident(server.pid))
            if run == effort.runs - 1:
                # The journal keeps the newest requests: it grows until it is full.
                client.for_count(server.port, requests.stream("/runs/stream"), effort.journal)
                full = processes.resident(server.pid)
                client.for_count(server.port, requests.stream("/runs/stream"), effort.more_stateless)
                growth = processes.resident(server.pid) - full
    ratios = [ours / theirs for ours, theirs in zip(mock, bare, strict=True)]
    say(f"  mockgraph, MiB  {spread(mock, '.1f')}")
    say(f"  bare app, MiB   {spread(bare, '.1f')}")
    say(f"  ratio           {spread(ratios)}")
    say(f"  until the journal is full, {effort.journal} runs later: {full - mock[-1]:+.2f} MiB")
    say(f"  growth over the next {effort.more_stateless}: {growth:+.2f} MiB, {growth / full:+.1%}")
    flat = Row(
        f"(d) its growth over {effort.more_stateless} runs behind a full journal",
        f"{growth:+.2f} MiB ({growth / full:+.1%})",
        f"flat: at most {_FLAT:.0%}",
        growth <= _FLAT * full,
    )
    return [at_most(f"(d) memory after {effort.stateless} runs, of the bare app's", ratios, 1.5), flat]

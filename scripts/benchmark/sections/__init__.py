"""The sections of the benchmark, in the order in which they run."""

from scripts.benchmark.section import Section
from scripts.benchmark.sections import (
    bulk,
    contention,
    core,
    growth,
    http,
    inprocess,
    peers,
    processes,
    start,
    storage,
)

# What only reads the desks comes first; requests over HTTP make them grow.
SECTIONS: tuple[Section, ...] = (
    storage.SECTION,
    start.SECTION,
    inprocess.SECTION,
    core.SECTION,
    growth.SECTION,
    bulk.SECTION,
    http.SECTION,
    contention.SECTION,
    processes.SECTION,
    peers.SECTION,
    peers.SLOW,
)

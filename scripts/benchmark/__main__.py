"""Make the desks, run the sections on copies of them, and report the figures."""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.benchmark import aims, report
from scripts.benchmark.desks import Desks
from scripts.benchmark.load import LoadError
from scripts.benchmark.options import Options, parse
from scripts.benchmark.section import Bench, Results, Section
from scripts.benchmark.sections import SECTIONS
from scripts.benchmark.sections.inprocess import WrongAnswer
from scripts.benchmark.servers import NotAnswering
from scripts.common import ROOT, machine
from scripts.common.progress import Progress

DOCUMENT = ROOT / "docs" / "performance.md"


def main() -> None:
    """Measure what was asked for; what fails is said at the end, the rest is reported."""
    options = parse(sys.argv[1:], SECTIONS, DOCUMENT)
    progress = Progress()
    options.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.cache, prefix="run-") as scratch:
        bench = _prepare(options, progress, Path(scratch))
        results, failures = _measure(bench, options.sections)
    progress.end()
    _publish(options, _complete(options, results), whole=not failures)
    if failures:
        sys.exit("\n".join(f"bench: {failure}" for failure in failures))


def _prepare(options: Options, progress: Progress, scratch: Path) -> Bench:
    kept = Desks(options.cache, scratch, progress)
    desks = [kept.copy(size, fresh=options.fresh) for size in options.tickets]
    return Bench(desks, kept, options.effort, options.operations, progress, options.cache, scratch)


def _measure(bench: Bench, sections: Sequence[Section]) -> tuple[Results, list[str]]:
    """The figures, and which sections failed why: one must not cost the figures of the others."""
    results: Results = {}
    failures = []
    for section in sections:
        try:
            results |= section.run(bench)
        except (LoadError, NotAnswering, WrongAnswer) as error:
            failures.append(f"{section.name}: {error}")
    return results, failures


def _complete(options: Options, results: Results) -> dict[str, Any]:
    """The run as JSON has it, with the figures of an earlier one where there are no new ones."""
    earlier: dict[str, Any] = {"results": {}}
    if options.earlier:
        earlier = json.loads(options.earlier.read_text(encoding="utf-8"))
    merged = {**earlier["results"], **results}
    return {
        "machine": machine.describe({"Load generator": _wrk()}),
        "effort": earlier.get("effort", asdict(options.effort)),
        "results": {
            **merged,
            "aims": aims.rows(merged, every=options.whole or bool(options.earlier)),
        },
    }


def _wrk() -> str:
    # wrk tells its version with a failure.
    return machine.said_by("wrk", "-v").partition(" [")[0]


def _publish(options: Options, run: dict[str, Any], *, whole: bool) -> None:
    text = json.dumps(run, indent=2, ensure_ascii=False)
    if options.json == "-":
        print(text)
    else:
        print(report.terminal(run["results"]))
    if options.json and options.json != "-":
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    if options.write and whole:
        options.write.write_text(report.document(run), encoding="utf-8")
        print(f"bench: wrote {options.write}", file=sys.stderr)


if __name__ == "__main__":
    main()

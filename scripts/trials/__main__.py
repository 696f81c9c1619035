"""Run the sections that were asked for, and tell how they came out."""

import json
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.common import ROOT, machine
from scripts.common.progress import Progress
from scripts.trials import report
from scripts.trials.options import Options, parse
from scripts.trials.section import Section, Trial
from scripts.trials.sections import SECTIONS

DOCUMENT = ROOT / "docs" / "reliability.md"


def main() -> None:
    """Try what was asked for; exit code 1 if something failed or a control found nothing."""
    options = parse(sys.argv[1:], SECTIONS, DOCUMENT)
    # Whoever stops it, servers are killed, disks unmounted and folders removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("torture: stopped"))
    tried: dict[str, Any] = {}
    with ExitStack() as stack:
        progress = Progress()
        stack.callback(progress.end)
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(dir=options.folder, prefix="cstar-torture-")
        )
        for section in options.sections:
            tried[section.name] = _run(section, options, progress, Path(folder))
            _keep(options.json, _complete(options, tried))
    _publish(options, _complete(options, tried))
    wrong = [name for name, each in tried.items() if not each["ok"]]
    if wrong:
        sys.exit(f"torture: not all is well in: {', '.join(wrong)}")


def _run(section: Section, options: Options, progress: Progress, folder: Path) -> dict[str, Any]:
    scratch = folder / section.name
    scratch.mkdir()
    progress.step(section.name)
    trial = Trial(options.short, options.scale, options.seed, progress, scratch)
    started = time.monotonic()
    outcomes = section.run(trial)
    form = "short" if options.short else "long"
    return {
        "ok": all(each.ok for each in outcomes),
        "form": form if options.scale == 1 else f"{form}, {options.scale:g} times",
        "seed": options.seed,
        "date": machine.today(),
        "cstar": machine.commit(),
        "seconds": round(time.monotonic() - started),
        "outcomes": [asdict(each) for each in outcomes],
    }


def _complete(options: Options, tried: dict[str, Any]) -> dict[str, Any]:
    """The run as JSON has it, with the outcomes of an earlier one where there are no new ones."""
    earlier: dict[str, Any] = {}
    if options.earlier:
        earlier = json.loads(options.earlier.read_text(encoding="utf-8"))["sections"]
    both = earlier | tried
    return {
        "machine": machine.describe(
            {
                "strace": machine.said_by("strace", "--version").partition("\n")[0],
                "File system": machine.file_system(options.folder or Path(tempfile.gettempdir())),
            }
        ),
        "sections": {each.name: both[each.name] for each in SECTIONS if each.name in both},
    }


def _keep(file: Path | None, run: dict[str, Any]) -> None:
    """Write what is known so far, in case that the rest is not waited for."""
    if file:
        text = json.dumps(run, indent=2, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")


def _publish(options: Options, run: dict[str, Any]) -> None:
    print(report.terminal(run["sections"]))
    if options.write:
        options.write.write_text(report.document(run), encoding="utf-8")
        _keep(options.write.with_suffix(".json"), run)
        print(f"torture: wrote {options.write}", file=sys.stderr)


if __name__ == "__main__":
    main()

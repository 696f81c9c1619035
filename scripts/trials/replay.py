"""A disk that has what was synced for certain, and of the rest what chance left of it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from scripts.trials.trace import Step

_SECTOR = 512
# How much of what was not synced is on the disk; in each crash another share.
_SHARES = (0.0, 0.3, 0.5, 0.8, 0.95, 1.0)
_TORN = 0.3


@dataclass
class _File:
    """What of a file is certain, and what was done to it since; its name may not be certain."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, Step]] = field(default_factory=list)
    named: bool = False


class Disk:
    """The files of a folder, step by step; ``crash`` gives them as they may be after a crash."""

    def __init__(self, files: Mapping[str, bytes], pick: random.Random) -> None:
        self._files = {name: _File(bytearray(data), named=True) for name, data in files.items()}
        self._unlinked: dict[str, _File] = {}
        self._pick = pick
        self._count = 0

    def do(self, step: Step) -> None:
        """Take a step."""
        self._count += 1
        if step.kind in ("write", "truncate"):
            file = self._files.setdefault(step.name, _File())
            file.since.append((self._count, step))
            self._unlinked.pop(step.name, None)
        elif step.kind == "unlink" and step.name in self._files:
            self._unlinked[step.name] = self._files.pop(step.name)
        elif step.kind in ("sync", "fail"):
            self._sync(step)

    def crash(self) -> dict[str, bytes]:
        """The files after a crash at this moment."""
        share = self._pick.choice(_SHARES)
        left = {}
        for name, file in self._files.items():
            if file.named or self._pick.random() < share:
                left[name] = self._left(file, share)
        for name, file in self._unlinked.items():
            if self._pick.random() >= share:
                left[name] = self._left(file, share)
        return left

    def _sync(self, step: Step) -> None:
        if not step.name:
            self._unlinked.clear()
            for file in self._files.values():
                file.named = True
            return
        if step.name in self._files:
            self._settle(self._files[step.name], step)

    def _settle(self, file: _File, step: Step) -> None:
        covered = [each for number, each in file.since if number <= step.since]
        file.since = [(number, each) for number, each in file.since if number > step.since]
        if step.kind == "fail":
            # The system has forgotten that this was to be written: the next sync does not help.
            covered = self._chosen(covered, self._pick.choice(_SHARES))
        for each in covered:
            _apply(file.sure, each, None)

    def _left(self, file: _File, share: float) -> bytes:
        content = bytearray(file.sure)
        chosen = self._chosen([step for _, step in file.since], share)
        if self._pick.random() < 0.5:
            self._pick.shuffle(chosen)
        for step in chosen:
            torn = share < 1 and self._pick.random() < _TORN
            _apply(content, step, self._pick if torn else None)
        return bytes(content)

    def _chosen(self, steps: list[Step], share: float) -> list[Step]:
        return [step for step in steps if self._pick.random() < share]


def _apply(content: bytearray, step: Step, torn: random.Random | None) -> None:
    """Write a step; a torn one leaves out some of its sectors."""
    if step.kind == "truncate":
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    end = step.at + len(step.data)
    content.extend(bytes(max(0, end - len(content))))
    place = step.at
    while place < end:
        until = min(end, (place // _SECTOR + 1) * _SECTOR)
        if torn is None or torn.random() < 0.5:
            content[place:until] = step.data[place - step.at : until - step.at]
        place = until

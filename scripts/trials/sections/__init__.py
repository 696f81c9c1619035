"""The sections of the trials, in the order in which they run."""

from scripts.trials.section import Section
from scripts.trials.sections import (
    access,
    clock,
    disk,
    edge,
    faults,
    input,
    kill,
    letters,
    mail,
    patterns,
    power,
    slow,
    starters,
    webhooks,
)

SECTIONS: tuple[Section, ...] = (
    kill.SECTION,
    power.SECTION,
    faults.SECTION,
    disk.SECTION,
    starters.SECTION,
    clock.SECTION,
    access.SECTION,
    slow.SECTION,
    edge.SECTION,
    input.SECTION,
    patterns.SECTION,
    webhooks.SECTION,
    letters.SECTION,
    mail.SECTION,
)

"""The sections of the trials, in the order in which they run."""

from scripts.trials.section import Section
from scripts.trials.sections import access, clock, disk, faults, kill, power, starters

SECTIONS: tuple[Section, ...] = (
    kill.SECTION,
    power.SECTION,
    faults.SECTION,
    disk.SECTION,
    starters.SECTION,
    clock.SECTION,
    access.SECTION,
)

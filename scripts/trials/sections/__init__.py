"""The sections of the trials, in the order in which they run."""

from scripts.trials.section import Section
from scripts.trials.sections import faults, kill, power

SECTIONS: tuple[Section, ...] = (kill.SECTION, power.SECTION, faults.SECTION)

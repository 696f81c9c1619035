"""What the benchmark and the trials share."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

"""The benchmark: what `scripts/bench` runs. See `scripts/bench --help`."""

"""The trials: what `scripts/torture` runs. See `scripts/torture --help`.

Each section is one file in `sections/` with a `SECTION`, and is named in `sections/__init__.py`.
Its function is given a `Trial` (short or long, the seed, the progress, a folder of its own) and
gives an `Outcome` for each line of the table: how many cases there were, which of them failed,
the figure, and its control. A control is the same check on something that is known to be wrong;
if it finds nothing, the check is blind and the run fails. What a section cannot try on this
machine it says with `left_out`, which is shown and does not fail. Tell in `document.md` how a new
section goes about it.

To bring a section of its own into the document, without running all the others again:
`scripts/torture --only NAME --from docs/reliability.json --write docs/reliability.md`.

What sections share: `server` starts, kills and stops the real server; `writers` are clients that
write and keep a ledger of what was acknowledged; `ledger` compares that with a file; `soundness`
looks a file over.
"""

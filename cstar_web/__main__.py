"""`python -m cstar_web` is the `cstar` command."""

from cstar_web.cli import main

if __name__ == "__main__":
    main(prog_name="cstar")

"""Where the executable begins: the `cstar` command."""

import os
from importlib import import_module

from cstar_web.__main__ import main

# Modules are read out of the executable when they are first needed. By this name it is the one
# that runs, also when a newer one has taken its place.
RUNNING = "/proc/self/exe"

if os.path.exists(RUNNING):
    import_module("pyimod02_importers").pyz_archive._filename = RUNNING
main()

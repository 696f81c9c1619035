"""Where the executable begins: the `cstar` command, or the process that reads letters for it."""

import os
import sys
from importlib import import_module

from cstar_web.__main__ import main

# Modules are read out of the executable when they are first needed. By this name it is the one
# that runs, also when a newer one has taken its place.
RUNNING = "/proc/self/exe"
# What cstar_web.mail.task calls so; to import that for every command would take too long.
READING = "--read-letters"

if os.path.exists(RUNNING):
    import_module("pyimod02_importers").pyz_archive._filename = RUNNING
if sys.argv[1:] == [READING]:
    import_module("cstar_web.mail.working").main()
else:
    main()

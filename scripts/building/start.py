"""Where the executable begins: the `cstar` command, or the process that reads letters for it."""

import os
import sys
from importlib import import_module

from cstar_web.__main__ import main
from cstar_web.mail import working

# Modules are read out of the executable when they are first needed. By this name it is the one
# that runs, also when a newer one has taken its place.
RUNNING = "/proc/self/exe"

if os.path.exists(RUNNING):
    import_module("pyimod02_importers").pyz_archive._filename = RUNNING
if sys.argv[1:] == [working.READING]:
    working.main()
else:
    main()

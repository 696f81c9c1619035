"""What holds for the whole suite: programs that tests start hear the signals that they are sent."""

import signal

# Whoever starts the suite in the background, or by nohup, has these ignored, and so has every
# program that inherits it. A handler is not inherited; this one lets the suite itself go on.
for _number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

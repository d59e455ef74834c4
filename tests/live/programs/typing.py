"""Runs a program on a terminal of its own and types: typing.py BEGUN WAIT-FOR KEYS COMMAND...

Says "begun" once the program has shown BEGUN; types once it has shown WAIT-FOR; prints what it showed, and whether the terminal was
left as it was found.
"""

import os
import pty
import select
import sys
import termios
import time

begun, wanted, keys, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3].encode(), sys.argv[4:]
main, terminal = pty.openpty()
before = termios.tcgetattr(terminal)
child = os.fork()
if child == 0:
    os.close(main)
    os.login_tty(terminal) if hasattr(os, "login_tty") else None
    if not hasattr(os, "login_tty"):
        import fcntl

        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for number in (0, 1, 2):
            os.dup2(terminal, number)
    os.execvp(command[0], command)

shown = b""


def read(seconds, wanted):
    """What is shown within this time, or until this is."""
    global shown
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([main], [], [], left)[0]:
            shown += os.read(main, 65536)
            if wanted in shown:
                return


NEVER = b"\0never"
read(20, begun)
print("begun", flush=True)
read(20, wanted)
os.write(main, keys)
read(1.5, NEVER)
during = termios.tcgetattr(terminal)
os.write(main, b"\x03")
read(1.5, NEVER)
_, status = os.waitpid(child, 0)
print(shown.decode(errors="replace"))
print("echo while it ran:", bool(during[3] & termios.ECHO))
print("left as found:", termios.tcgetattr(terminal) == before)
print("status:", os.waitstatus_to_exitcode(status))

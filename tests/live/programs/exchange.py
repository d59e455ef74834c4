"""Swaps two names for each other until it is killed, as fast as it can: exchange.py ONE OTHER."""

import ctypes
import os
import sys

AT_FDCWD, RENAME_EXCHANGE = -100, 2
one, other = (os.fsencode(name) for name in sys.argv[1:3])
renameat2 = ctypes.CDLL(None).renameat2
while True:
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE)

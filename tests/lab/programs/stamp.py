"""Follows a server's own log and writes it as syslog would, with time, host and program: stamp.py FROM TO PROGRAM."""

import sys
import time

source, target, program = sys.argv[1:]
with open(source, encoding="utf-8", errors="replace") as lines, open(target, "a", encoding="utf-8") as log:
    while True:
        line = lines.readline()
        if not line:
            time.sleep(0.05)
            continue
        log.write(f"{time.strftime('%b %d %H:%M:%S')} server {program}[{4000}]: {line}")
        log.flush()

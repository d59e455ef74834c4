"""A half-open scan, as nmap -sS makes it: scan.py ADDRESS PORT...; SYNs from a raw socket, the kernel's reset ends what answers."""

import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from packet import checksum

address, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as probe:
    probe.connect((address, 9))
    own = probe.getsockname()[0]
sport = 40125
with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
    for port in ports:
        tcp = struct.pack("!HHIIBBHHHBBH", sport, port, random.getrandbits(32), 0, 6 << 4, 2, 1024, 0, 0, 2, 4, 1460)
        pseudo = socket.inet_pton(family, own) + socket.inet_pton(family, address) + struct.pack("!IHBB", len(tcp), 0, 0, 6)
        raw.sendto(tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:], (address, 0))
        time.sleep(0.05)
time.sleep(0.5)

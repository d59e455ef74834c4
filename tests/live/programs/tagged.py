"""Three SYNs to port 22: in VLAN 7, in VLAN 7 within VLAN 9, and in none: tagged.py INTERFACE."""

import socket
import struct
import sys

out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((sys.argv[1], 0))
source, destination = socket.inet_aton("10.77.0.1"), socket.inet_aton("203.0.113.9")
for port, tags in [(40001, "81000007"), (40002, "88a8000981000007"), (40003, "")]:
    tcp = struct.pack("!HHIIBBHHH", port, 22, port, 0, 0x50, 2, 64240, 0, 0)
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0x4000, 64, 6, 0) + source + destination
    out.send(b"\xff" * 6 + out.getsockname()[4] + bytes.fromhex(tags) + b"\x08\x00" + ip + tcp)

"""One ICMP echo request and the wait for its answer: ping.py ADDRESS."""

import os
import socket
import struct
import sys

address = sys.argv[1]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kind, protocol = (128, socket.IPPROTO_ICMPV6) if family == socket.AF_INET6 else (8, socket.IPPROTO_ICMP)
body = struct.pack("!HH", os.getpid() & 0xFFFF, 1) + bytes(range(48))
checksum = 0
if family == socket.AF_INET:  # the kernel fills in ICMPv6's itself
    words = struct.pack("!BBH", kind, 0, 0) + body
    total = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checksum = ~total & 0xFFFF
with socket.socket(family, socket.SOCK_RAW, protocol) as sock:
    sock.settimeout(3)
    sock.sendto(struct.pack("!BBH", kind, 0, checksum) + body, (address, 0))
    sock.recvfrom(1500)

"""SYNs to port 22 of the server, each of another connection: flood.py INTERFACE COUNT A-SECOND. The server's kernel answers with resets."""

import socket
import struct
import sys
import time

interface, count, pace = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((interface, 0))


def words(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(*parts):
    total = sum(words(part) for part in parts)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# The server knows where the client's addresses are from the packet that asks for it.
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.sendto(b"", ("10.77.0.2", 9))
time.sleep(0.3)
neighbour = next(line.split()[3] for line in open("/proc/net/arp") if line.startswith("10.77.0.2 "))
ethernet = bytes.fromhex(neighbour.replace(":", "")) + out.getsockname()[4] + b"\x08\x00"
source, destination = socket.inet_aton("10.77.0.1"), socket.inet_aton("10.77.0.2")
begun = time.monotonic()
start = time.time_ns() >> 20 & 0x3FFFFFFF
for number in range(count):
    port = 1024 + (start + number) % 60000
    tcp = struct.pack("!HHIIBBHHH", port, 22, (start + number) & 0xFFFFFFFF, 0, 0x50, 2, 64240, 0, 0)
    total = checksum(source, destination, struct.pack("!HH", 6, len(tcp)), tcp)
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, number & 0xFFFF, 0x4000, 64, 6, 0) + source + destination
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    out.send(ethernet + ip + tcp)
    if number % 100 == 99:
        time.sleep(max(0, begun + number / pace - time.monotonic()))

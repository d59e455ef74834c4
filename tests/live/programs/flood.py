"""SYNs to port 22 of the server, each of another connection: flood.py INTERFACE COUNT A-SECOND. The server's kernel answers with
resets. All packets are made before the first is sent. Prints the packets sent and the seconds that it took."""

import array
import socket
import struct
import sys
import time

interface, count, pace = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((interface, 0))


def checksum(data):
    # One's complement sums are the same in either byte order.
    total = sum(array.array("H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


# The server knows where the client's addresses are from the packet that asks for it.
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.sendto(b"", ("10.77.0.2", 9))
time.sleep(0.3)
neighbour = next(line.split()[3] for line in open("/proc/net/arp") if line.startswith("10.77.0.2 "))
ethernet = bytes.fromhex(neighbour.replace(":", "")) + out.getsockname()[4] + b"\x08\x00"
ends = socket.inet_aton("10.77.0.1") + socket.inet_aton("10.77.0.2")
pseudo = ends + struct.pack("!HH", 6, 20)
ip_head, tcp_head = struct.Struct("!BBHHHBBH"), struct.Struct("!HHIIBBHHH")
start = time.time_ns() >> 20 & 0x3FFFFFFF


def frame(number):
    port = 1024 + (start + number) % 60000
    tcp = bytearray(tcp_head.pack(port, 22, (start + number) & 0xFFFFFFFF, 0, 0x50, 2, 64240, 0, 0))
    struct.pack_into("=H", tcp, 16, checksum(pseudo + tcp))
    ip = bytearray(ip_head.pack(0x45, 0, 40, number & 0xFFFF, 0x4000, 64, 6, 0) + ends)
    struct.pack_into("=H", ip, 10, checksum(ip))
    return ethernet + ip + tcp


frames = [frame(number) for number in range(count)]
send, clock = out.send, time.monotonic
begun = clock()
for number in range(0, count, 100):
    for packet in frames[number : number + 100]:
        send(packet)
    ahead = begun + (number + 100) / pace - clock()
    if ahead > 0:
        time.sleep(ahead)
print(count, f"{clock() - begun:.2f}")

"""A client that is no SSH client: raw.py ADDRESS PORT WHAT [COUNT]."""

import signal
import socket
import sys
import time

address, port, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1

SENDS = {
    "http": b"GET / HTTP/1.0\r\nHost: example.net\r\n\r\n",
    "tls": bytes.fromhex("16030100310100002d0303") + bytes(32) + bytes.fromhex("00000613011302002f0100"),
    "proxy": b"PROXY TCP4 192.0.2.77 203.0.113.20 40000 22\r\nSSH-2.0-OpenSSH_9.2\r\n",
    "ssh1": b"SSH-1.5-OldClient\r\n",
    "identify": b"SSH-2.0-Terminal_1.4\r\n",
    "private": bytes.fromhex("00000010d1a7") + b"HELLO node 7" + bytes(4),
    "record-route": b"SSH-2.0-OpenSSH_9.2\r\n",
}


def connect():
    peer = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    peer.settimeout(15)
    if what == "record-route":
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, bytes([7, 11, 4]) + bytes(9))
    peer.connect((address, port))
    return peer


def leave(*_):
    sys.exit(0)


def main():
    signal.signal(signal.SIGTERM, leave)
    if what == "hold":
        # Read what comes, so that leaving is a FIN and not a reset over unread bytes.
        peers = [connect() for _ in range(count)]
        for peer in peers:
            peer.settimeout(0.05)
        while True:
            for peer in peers:
                try:
                    if not peer.recv(4096):
                        time.sleep(0.1)
                except TimeoutError:
                    pass
    for _ in range(count):
        with connect() as peer:
            if what == "silent":
                while peer.recv(4096):
                    pass
                return
            if what.startswith("touch:"):
                time.sleep(float(what.removeprefix("touch:")))
                continue
            peer.sendall(SENDS[what])
            try:
                while data := peer.recv(4096):
                    print(data)
            except OSError as error:
                print(f"ended: {error}")


main()

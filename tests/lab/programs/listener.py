"""A listener that is no SSH server, or behaves like none: listener.py PORT BEHAVIOUR [SECONDS]."""

import socket
import struct
import sys
import threading
import time

port, behaviour, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])

TEXTS = {
    "smtp": b"220 mail.example.net ESMTP ready\r\n",
    "ftp": b"220 (vsFTPd 3.0.5)\r\n",
    "imap": b"* OK [CAPABILITY IMAP4rev1] ready\r\n",
    "telnet": b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27",
    "mysql": b"\x4a\0\0\0\x0a8.0.36\0\x0b\0\0\0" + b"abcdefgh\0" + bytes(40),
    "tlsalert": bytes.fromhex("15030100020246"),
    "refusal": b"Too many connections from your address, try later.\r\n",
    "penalty": b"Not allowed at this time\r\n",
    "ssh1": b"SSH-1.5-Cisco-1.25\n",
    "banner": b"SSH-2.0-Gateway_4.1\r\n",
    "nosoftware": b"SSH-2.0-\r\n",
    "nul": b"SSH-2.0-Gate\0way_4.1\r\n",
    "private": bytes.fromhex("00000012d1a8") + b"WELCOME node 7" + bytes(4),
}


def read_line(peer):
    data = b""
    while b"\n" not in data:
        more = peer.recv(4096)
        if not more:
            break
        data += more
    return data


def close_at_once(peer):
    """Close before anything was read."""


def close_unread(peer):
    """Wait, then close with the client's identification unread: the kernel resets."""
    time.sleep(seconds)


def close_read(peer):
    """Read the identification, wait, close without a word."""
    read_line(peer)
    time.sleep(seconds)


def abort(peer):
    read_line(peer)
    time.sleep(seconds)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mute(peer):
    """Read everything and never say anything."""
    while peer.recv(4096):
        pass


def greet(peer, text):
    """Greet at once, answer what follows with silence until the client leaves or the time is over."""
    peer.sendall(text)
    peer.settimeout(seconds or None)
    try:
        while peer.recv(4096):
            pass
    except TimeoutError:
        pass


def answer(peer, text):
    """Answer the identification and wait until the client leaves."""
    read_line(peer)
    time.sleep(seconds)
    greet(peer, text)


def answer_bytes(peer, text):
    """Answer whatever comes first, which need be no line, and close."""
    peer.recv(4096)
    peer.sendall(text)
    time.sleep(seconds)


def say(peer, text):
    """Say it, having read the identification, and close."""
    read_line(peer)
    time.sleep(seconds)
    peer.sendall(text)


def say_unread(peer, text):
    """Say it and close, as sshd's listener does, whatever the client has sent meanwhile."""
    peer.sendall(text)
    time.sleep(seconds)


def tarpit(peer, _text=b""):
    for number in range(100):
        peer.sendall(b"%08x\r\n" % (number * 2654435761 % 2**32))
        time.sleep(seconds)


def banner_then_close(peer):
    """An identification, the client's answer unread, and away."""
    peer.sendall(TEXTS["banner"])
    time.sleep(seconds)


def banner_read_close(peer):
    """An identification, everything read, and a close in good order."""
    peer.sendall(TEXTS["banner"])
    read_line(peer)
    peer.settimeout(seconds)
    try:
        while peer.recv(4096):
            pass
    except TimeoutError:
        pass


def device(peer):
    """As an old device with a small buffer: identifies itself, takes 1024 bytes of what comes, closes once it has read the rest."""
    peer.sendall(b"SSH-2.0-Cisco-1.25\n")
    read_line(peer)
    peer.settimeout(seconds)
    try:
        while peer.recv(1024):
            pass
    except TimeoutError:
        pass


def garble(peer):
    """Identifies itself and goes on with text where a binary packet must stand."""
    peer.sendall(TEXTS["banner"])
    time.sleep(seconds)
    peer.sendall(b"Exception: session pool exhausted, please retry later.\n")
    peer.settimeout(3)
    try:
        while peer.recv(4096):
            pass
    except TimeoutError:
        pass


def choose():
    kind, _, text = behaviour.partition(":")
    action = globals()[kind.replace("-", "_")]
    return (lambda peer: action(peer, TEXTS[text])) if text else action


def serve(peer, action):
    try:
        action(peer)
    except OSError as error:
        print(f"ended: {error}")
    finally:
        peer.close()


def main():
    action = choose()
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=32) as server:
        while True:
            peer, address = server.accept()
            print(f"connection from {address[0].removeprefix('::ffff:')} port {address[1]}")
            threading.Thread(target=serve, args=(peer, action), daemon=True).start()


main()

"""Between the KEXINITs and NEWKEYS: the key exchange itself."""

import os
import signal
import struct
import time

from clients import finish, openssh, openssh_start, program, python_client
from packet import damaged, resealed
from scenario import Truth, scenario
from servers import asyncssh_server, listener, sshd

KEXINIT, KEX_REPLY = 20, 31


def _message(segment):
    """The number of the clear-text message that a segment begins with; none where it cannot be one."""
    return segment.payload[5] if segment and len(segment.payload) > 5 and segment.payload[:2] == b"\0\0" else None


@scenario("waits-for-kexinit", tap="client", rtt=17, client_waits=True,
          about="A server that waits for the client's KEXINIT and a client that waits for the server's: silence after both identifications.")
@scenario("waits-for-kexinit-v6", tap="server", family=6, rtt=60, client_waits=True,
          about="IPv6, round trip 60 ms, seen on the server: both sides wait for the other's KEXINIT.")
def waits(lab, client_waits):
    listener(lab, "greet:banner", 30)
    client = program(lab, "c", "raw.py", lab.server, lab.port, "identify")
    time.sleep(12)
    lab.stop(client)
    time.sleep(0.3)
    return [Truth("banner", "timeout", "client", "kexinit-waits-for-peer", must_not=["server-silent", "banner-then-close", "path-loss"])]


@scenario("server-restart-in-kex", tap="client", rtt=600, family=4, number=signal.SIGKILL,
          about="All of sshd's processes are killed while two clients have sessions and a third is in its key exchange; round trip 600 ms.")
@scenario("server-restart-in-kex-v6", tap="server", rtt=500, family=6, number=signal.SIGTERM,
          about="IPv6, seen on the server: sshd is stopped while two clients have sessions and a third is in its key exchange.")
def restart(lab, number):
    sshd(lab)
    sessions = []
    for _ in range(2):
        sessions.append(openssh_start(lab, command="sleep 30"))
        time.sleep(7 * lab.spec.rtt / 1000)
    time.sleep(7 * lab.spec.rtt / 1000)
    last = openssh_start(lab)
    time.sleep(3.3 * lab.spec.rtt / 1000)
    for pid in lab.server_processes():
        os.kill(pid, number)
    said = finish(lab, last, 15, "ssh")
    for session in sessions:
        finish(lab, session, 15, "ssh, a session")
    return [*(Truth("session", "fin", "server-app", "session-process-killed", also=["server-closed"], must_not=["normal-close"])
              for _ in sessions),
            Truth("key-exchange", "fin-or-rst", "server-app", "server-restart-during-kex", message=said.first, also=["server-dies-in-kex"],
                  must_not=["banner-then-close", "rst-injected"])]


@scenario("gex-group-refused", tap="client", rtt=17, about="A client that takes no group above 1024 bits (as old Java clients) and OpenSSH 9.2.")
@scenario("gex-group-refused-v6-100", tap="server", family=6, rtt=60, release="trixie",
          about="IPv6: a client that takes no group above 1024 bits and OpenSSH 10.0, seen on the server.")
def group_refused(lab, release=None):
    sshd(lab, ["KexAlgorithms +diffie-hellman-group-exchange-sha256"], release=release)
    said = python_client(lab, "paramiko_client.py", "--key", lab.path("client_key"), "--group", "1024", "--only",
                         "kex=diffie-hellman-group-exchange-sha256")
    return [Truth("key-exchange", "fin-or-rst", "server-app", "dh-gex-size-refused", message=said.lines[-1], also=["server-dies-in-kex"],
                  must_not=["no-common-kex", "hostkey-rejected-by-client"])]


@scenario("kex-slow-server", tap="client", rtt=300,
          about="The server's process stands still for six seconds in its key exchange (an overloaded machine), then the login goes on.")
@scenario("kex-slow-server-v6", tap="server", family=6, rtt=400,
          about="IPv6, seen on the server: it stands still in its key exchange for six seconds, then the login goes on.")
def slow(lab):
    main = sshd(lab)
    client = openssh_start(lab)
    time.sleep(2.5 * lab.spec.rtt / 1000)
    stopped = lab.server_processes(main)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(6)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    said = finish(lab, client, 20, "ssh")
    if said.code != 0:
        raise RuntimeError(f"the login failed: {said.lines}")
    return [Truth("session", "fin", "client", "normal-close", findings=["kex-hang-cpu"], must_not=["path-loss", "server-silent"])]


def bad_signature(direction, segment, frame, bump):
    """Damages the server's signature (the end of its key exchange reply) while the switch is on."""
    if not bump.switch.value or direction != "s2c" or _message(segment) != KEX_REPLY or bump.seen.get("done"):
        return None
    bump.seen["done"] = True
    length = struct.unpack("!I", segment.payload[:4])[0]
    padding = segment.payload[4]
    return [(0, direction, damaged(segment, frame, 4 + length - padding - 1))]


@scenario("kex-signature-wrong", tap="client", rtt=17, policy=bad_signature,
          about="The client takes the server's host key; in a second connection the signature of the key exchange is damaged.")
@scenario("kex-signature-wrong-v6", tap="router-client-side", family=6, rtt=60, policy=bad_signature,
          about="IPv6: the client takes the server's host key; in a second connection the signature of the key exchange is damaged.")
def signature(lab):
    sshd(lab)
    openssh(lab)
    lab.bump.switch.value = 1
    said = openssh(lab)
    return [Truth("session", "fin", "client", "normal-close"),
            Truth("new-keys", "fin-or-rst", "client", "kex-signature-or-libcrypto-failure", message=said.line("incorrect signature"),
                  also=["hostkey-rejected-by-client"], must_not=["packet-invalid", "server-dies-in-kex"])]


_IGNORE = struct.pack("!IB", 12, 6) + b"\2\0\0\0\0" + bytes(6)


def insert_ignore(direction, segment, frame, bump):
    """Appends an IGNORE message to the server's KEXINIT, as the attack on sequence numbers (CVE-2023-48795) does."""
    if segment is None:
        return None
    if direction == "s2c" and not bump.seen.get("done"):
        if _message(segment) == KEXINIT:
            bump.seen["open"] = 4 + struct.unpack("!I", segment.payload[:4])[0]
        if bump.seen.get("open"):
            bump.seen["open"] -= len(segment.payload)
            if bump.seen["open"] <= 0:
                bump.seen["done"] = True
                return [(0, direction, resealed(segment, frame, lambda tcp: tcp.extend(_IGNORE)))]
        return None
    if bump.seen.get("done"):
        by = len(_IGNORE) if direction == "s2c" else -len(_IGNORE)
        field = slice(4, 8) if direction == "s2c" else slice(8, 12)

        def shift(tcp):
            tcp[field] = struct.pack("!I", (struct.unpack("!I", tcp[field])[0] + by) & 0xFFFFFFFF)

        return [(0, direction, resealed(segment, frame, shift))]
    return None


@scenario("strict-kex-violated", tap="client", rtt=17, policy=insert_ignore,
          about="A device inserts an IGNORE message behind the server's KEXINIT; the client, which agreed on strict key exchange, says so and leaves.")
@scenario("strict-kex-violated-v6-100", tap="router-client-side", family=6, rtt=60, policy=insert_ignore, release="trixie",
          about="IPv6, OpenSSH 10.0: a device inserts an IGNORE message behind the server's KEXINIT.")
def strict(lab, release=None):
    sshd(lab, release=release)
    said = openssh(lab)
    return [Truth("key-exchange", "fin-or-rst", "client", "strict-kex-violation", message=said.first, also=["disconnect-in-clear"],
                  must_not=["no-common-kex", "packet-invalid", "hostkey-rejected-by-client"])]


@scenario("login-grace-asyncssh", tap="client", rtt=17,
          about="An asyncssh server with a login timeout of 3 s and a client that sends its identification and no more.")
def grace_asyncssh(lab):
    asyncssh_server(lab, "--login-timeout", "3")
    client = program(lab, "c", "raw.py", lab.server, lab.port, "identify")
    time.sleep(5)
    lab.stop(client)
    time.sleep(0.2)
    return [Truth("kexinit", "fin", "server-app", "login-grace-timeout", must_not=["server-dies-in-kex", "kexinit-waits-for-peer"])]


@scenario("disconnect-in-clear-asyncssh", tap="client", rtt=400, phase="key-exchange",
          about="An asyncssh server whose program ends the connection in the key exchange: a DISCONNECT in clear text says why.")
@scenario("disconnect-in-clear-asyncssh-v6", tap="server", family=6, rtt=500, phase="kexinit",
          about="IPv6, seen on the server: its program ends the connection in the key exchange with a DISCONNECT that says why.")
def told(lab, phase):
    asyncssh_server(lab, "--refuse-after", str(0.6 * lab.spec.rtt / 1000))
    said = openssh(lab)
    return [Truth(phase, "fin-or-rst", "server-app", "disconnect-in-clear", message=said.line("maintenance"),
                  must_not=["server-dies-in-kex", "no-common-kex"])]


@scenario("disconnect-encrypted-asyncssh", tap="client", rtt=400,
          about="An asyncssh server ends the connection right behind its NEWKEYS, with a DISCONNECT that is encrypted; the client's FIN crosses its own.")
def told_encrypted(lab):
    asyncssh_server(lab, "--refuse-after", str(2.2 * lab.spec.rtt / 1000))
    said = openssh(lab)
    return [Truth("authentication", "fin", "server-app", "server-closed", message=said.line("maintenance"),
                  also=["server-closes-after-auth-request", "newkeys-then-mac-error"], must_not=["client-closed", "auth-denied"])]


@scenario("kexinit-too-big-cisco", tap="client", rtt=17,
          about="A listener that behaves as an old device: it takes the client's long KEXINIT and closes without its own.")
@scenario("kexinit-too-big-cisco-v6", tap="server", family=6, rtt=60,
          about="IPv6, seen on the server: a listener that behaves as an old device closes at the client's long KEXINIT.")
def too_big(lab):
    listener(lab, "device", 0.3)
    said = openssh(lab)
    return [Truth("kexinit", "fin-or-rst", "server-app", "kexinit-too-big-for-peer", message=said.first, also=["banner-then-close"],
                  must_not=["no-common-kex", "pmtu-blackhole-c2s"])]

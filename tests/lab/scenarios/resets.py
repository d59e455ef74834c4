"""Resets and silence that a device on the path makes, and genuine ones that look alike."""

import os
import signal
import time

from clients import finish, openssh, openssh_start
from packet import ACK, FIN, RST, damaged, forge
from scenario import Truth, scenario
from servers import dropbear, sshd

TICKS = "for i in 1 2 3 4 5 6 7 8 9 10; do echo tick; sleep 0.3; done"


def _at_once(bump, direction, frame):
    return (-bump.delay, direction, frame)


def _reset_pair(bump, segment, direction, ttl, both, swallowed=False):
    """Bare resets for a segment that a device next to its sender has just seen: to the sender, and perhaps to the receiver."""
    back = "s2c" if direction == "c2s" else "c2s"
    forged = [_at_once(bump, back, forge(segment, RST, seq=segment.ack, ttl=ttl, reverse=True))]
    if both:
        forged.append((0.0001, direction, forge(segment, RST, seq=segment.seq if swallowed else segment.end, ttl=ttl)))
    return forged


def dpi_banner_to_client(direction, segment, frame, bump):
    """Passes the client's identification on and resets the client in the server's name."""
    if segment and direction == "c2s" and segment.payload.startswith(b"SSH-") and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), *_reset_pair(bump, segment, direction, 250, both=False)]
    return None


def dpi_banner_both(direction, segment, frame, bump):
    """Swallows the client's identification and resets both ends."""
    if segment and direction == "c2s" and segment.payload.startswith(b"SSH-"):
        return _reset_pair(bump, segment, direction, 128, both=True, swallowed=True)
    return None


def dpi_server_banner(direction, segment, frame, bump):
    """Lets the server's identification through and resets both ends right behind it."""
    if segment and direction == "s2c" and segment.payload.startswith(b"SSH-"):
        return [(0, direction, frame), (0.0001, direction, forge(segment, RST, seq=segment.end, ttl=120)),
                _at_once(bump, "c2s", forge(segment, RST, seq=segment.ack, ttl=120, reverse=True))]
    return None


def dpi_kexinit(direction, segment, frame, bump):
    """Resets both ends when the client's KEXINIT goes by."""
    if segment and direction == "c2s" and len(segment.payload) > 100 and segment.payload[5] == 20 and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), *_reset_pair(bump, segment, direction, 250, both=True)]
    return None


@scenario("dpi-reset-on-banner-client-tap", tap="client", rtt=60, policy=dpi_banner_to_client, bump_at="far", says="reset by peer",
          about="A device resets the client when it sees its SSH identification, a whole round trip before the server's own identification arrives.")
@scenario("dpi-reset-on-banner-v6", tap="client", family=6, rtt=17, policy=dpi_banner_both, says="reset by peer",
          about="IPv6: a device swallows the client's SSH identification and resets both ends.")
def banner_reset(lab, says):
    sshd(lab)
    said = openssh(lab)
    time.sleep(lab.spec.rtt / 1000 + 0.2)
    return [Truth("pre-banner", "rst", "middlebox", "dpi-reset-on-banner", forged=True, message=said.line(says),
                  also=["rst-injected", "ids-both-sides-rst"], must_not=["child-dies-before-banner", "tcp-wrappers-deny", "server-reset"])]


@scenario("dpi-reset-on-banner-server-tap", tap="server", rtt=17, policy=dpi_banner_both,
          about="A device swallows the client's SSH identification and resets both ends; seen on the server, which is reset in the client's name.")
def banner_reset_server_side(lab):
    sshd(lab)
    said = openssh(lab)
    time.sleep(0.3)
    return [Truth("pre-banner", "rst", "middlebox", "dpi-reset-on-banner", forged=True, message=said.line("reset by peer"),
                  also=["rst-injected", "ids-both-sides-rst"], must_not=["rst-by-client", "health-check-probe"])]


@scenario("dpi-reset-on-server-banner", tap="client", rtt=17, policy=dpi_server_banner,
          about="A device lets the server's identification pass and resets both ends right behind it.")
def server_banner_reset(lab):
    sshd(lab)
    said = openssh(lab)
    time.sleep(0.3)
    return [Truth("banner-or-kexinit", "rst", "middlebox", "dpi-reset-on-banner", forged=True, message=said.first,
                  also=["rst-injected", "ids-both-sides-rst"], must_not=["banner-then-close", "server-reset"])]


@scenario("dpi-reset-on-kexinit-client-tap", tap="client", rtt=60, policy=dpi_kexinit,
          about="A device resets both ends when the client's KEXINIT goes by, seen on the client.")
@scenario("dpi-reset-on-kexinit-server-tap", tap="server", rtt=17, policy=dpi_kexinit,
          about="The same seen on the server: a reset in the client's name, whose real packets go on.")
@scenario("dpi-reset-on-kexinit-any-interface", tap="router-client-side", interface="any", rtt=17, policy=dpi_kexinit,
          about="The same captured on all interfaces of a router between client and device (Linux cooked v2).")
@scenario("dpi-reset-on-kexinit-v6", tap="router-client-side", family=6, rtt=17, policy=dpi_kexinit,
          about="IPv6: a device resets both ends when the client's KEXINIT goes by.")
def kexinit_reset(lab):
    sshd(lab)
    said = openssh(lab)
    time.sleep(lab.spec.rtt / 1000 + 0.2)
    return [Truth("kexinit", "rst", "middlebox", "dpi-reset-on-kexinit", forged=True, message=said.first,
                  also=["rst-injected", "ids-both-sides-rst"], must_not=["banner-then-close", "kexinit-too-big-for-peer", "server-reset"])]


def inject_other_ttl(direction, segment, frame, bump):
    """One reset to the client in the server's name, with a TTL of its own, behind genuine data."""
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST, seq=segment.end, ttl=231, ip_id=4660))]
    return None


def inject_copied_ttl(direction, segment, frame, bump):
    """The same with the TTL and the TOS of the genuine packet: only options, window and IP-ID tell."""
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST | ACK, seq=segment.end, ack=segment.ack, ttl=segment.ttl,
                  tos=segment.tos, window=segment.window))]
    return None


def inject_to_server(direction, segment, frame, bump):
    """A reset to the server in the client's name; the client hears of it only by the server's answers."""
    if bump.switch.value and segment and direction == "c2s" and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST, seq=segment.end, ttl=segment.ttl))]
    return None


def inject_both(direction, segment, frame, bump):
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST, seq=segment.end, ttl=251)),
                (0.0002, "c2s", forge(segment, RST, seq=segment.ack, ttl=251, reverse=True))]
    return None


def listener_on_the_side(direction, segment, frame, bump):
    """A device that only listens on the server's network, and hands its resets for both ends to the router there."""
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        to_server = segment.ethernet + forge(segment, RST, seq=segment.ack, ttl=128, reverse=True)[14:]
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST, seq=segment.end, ttl=128)), (0.0002, direction, to_server)]
    return None


@scenario("ids-resets-both-ends", tap="router-server-side", rtt=17, policy=listener_on_the_side,
          about="An intrusion detection system that listens on the server's network resets both ends of a session.")
@scenario("ids-resets-both-ends-v6", tap="router-server-side", family=6, rtt=60, policy=listener_on_the_side,
          about="IPv6: an intrusion detection system that listens on the server's network resets both ends of a session.")
def both_ends(lab):
    sshd(lab)
    said = _session(lab)
    return [Truth("session", "rst", "middlebox", "ids-both-sides-rst", forged=True, message=said.first, also=["rst-injected"],
                  must_not=["server-reset", "session-process-killed", "normal-close", "host-rebooted", "rst-by-client"])]


def inject_out_of_window(direction, segment, frame, bump):
    """A reset with a wrong sequence number: a victim that follows RFC 5961 answers and carries on."""
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, RST, seq=segment.end + 700, ttl=231))]
    return None


def inject_fin(direction, segment, frame, bump):
    """A forged FIN in the server's name."""
    if bump.switch.value and segment and direction == "s2c" and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, frame), (0.0002, direction, forge(segment, FIN | ACK, seq=segment.end, ack=segment.ack, ttl=243,
                  window=segment.window))]
    return None


def _session(lab, seconds=12):
    """A session with a line of output every 0.3 s; the fault is switched on in its middle."""
    client = openssh_start(lab, command=TICKS)
    time.sleep(1.6 + 6 * lab.spec.rtt / 1000)
    lab.bump.switch.value = 1
    said = finish(lab, client, seconds, "ssh")
    time.sleep(0.5)
    return said


@scenario("rst-injected-session", tap="client", rtt=17, policy=inject_other_ttl,
          about="A reset in the server's name, TTL of its own, is injected into a working session; the server goes on sending.")
@scenario("rst-injected-session-copied-ttl", tap="client", rtt=17, policy=inject_copied_ttl,
          about="An injected reset with the server's own TTL and TOS: timestamps are missing, and the server goes on sending.")
@scenario("rst-injected-session-v6", tap="router-client-side", family=6, rtt=60, policy=inject_copied_ttl,
          about="IPv6: an injected reset with copied hop limit and traffic class; the server goes on sending.")
@scenario("rst-injected-session-mirror", tap="router-client-side", mirror=True, rtt=17, policy=inject_copied_ttl,
          about="An injected reset with copied TTL, captured on both sides of a router and merged: each packet twice.")
@scenario("rst-injected-both-sides", tap="client", rtt=17, policy=inject_both, also=("ids-both-sides-rst",),
          about="Resets to both ends of a working session.")
def injected(lab, also=()):
    sshd(lab)
    said = _session(lab)
    return [Truth("session", "rst", "middlebox", "rst-injected", forged=True, message=said.first, also=[*also, "middlebox-reset"],
                  must_not=["server-reset", "session-process-killed", "normal-close", "host-rebooted"])]


@scenario("rst-injected-to-server-server-tap", tap="server", rtt=17, policy=inject_to_server,
          about="A reset in the client's name is injected towards the server; the client goes on and is answered with genuine resets.")
def injected_to_server(lab):
    sshd(lab)
    said = _session(lab)
    return [Truth("session", "rst", "middlebox", "rst-injected", forged=True, message=said.first, also=["middlebox-reset"],
              must_not=["rst-by-client", "normal-close"])]


@scenario("forged-rst-ignored", tap="client", rtt=17, policy=inject_out_of_window,
          about="An injected reset misses the exact sequence number: it is challenged and ignored, the session ends in good order.")
@scenario("forged-rst-ignored-v6", tap="server", family=6, rtt=17, policy=inject_out_of_window, seen=False,
          about="IPv6: an injected reset that misses; seen on the server, where only the client's challenge ACK shows.")
def ignored(lab, seen=True):
    sshd(lab)
    _session(lab)
    return [Truth("session", "fin", "client", "normal-close", forged=seen, findings=["rst-ignored-challenge"] if seen else [],
                  must_not=["rst-injected", "server-reset", "middlebox-reset"])]


@scenario("fin-injected-session", tap="client", rtt=17, policy=inject_fin,
          about="A device forges a FIN in the server's name in the middle of a session; the server goes on sending.")
def injected_fin(lab):
    sshd(lab)
    said = _session(lab)
    return [Truth("session", "fin", "middlebox", "middlebox-closed", forged=True, message=said.first, also=["rst-injected"],
              must_not=["server-closed", "session-process-killed"])]


def swallow_identification(direction, segment, frame, bump):
    """Drops whatever carries an SSH identification, in both directions; all else passes."""
    return [] if segment and segment.payload.startswith(b"SSH-") else None


def swallow_payload(direction, segment, frame, bump):
    """Lets the handshake and bare ACKs pass and drops everything with data."""
    return [] if segment and segment.payload else None


@scenario("dpi-silent-drop-client-tap", tap="client", rtt=17, policy=swallow_identification, lead="dpi-silent-drop",
          about="A device silently drops packets with an SSH identification; the client's is repeated and never acknowledged, its ConnectTimeout ends it.")
@scenario("stateful-fw-late-drop-server-tap", tap="server", rtt=17, policy=swallow_payload, lead="stateful-fw-late-drop",
          about="A firewall lets the handshake pass and no data: the server's identification is repeated and never acknowledged, the client's never arrives.")
@scenario("stateful-fw-late-drop-v6", tap="client", family=6, rtt=17, policy=swallow_payload, lead="stateful-fw-late-drop",
          about="IPv6: a firewall lets the handshake pass and no data; seen on the client.")
def swallowed(lab, lead):
    sshd(lab)
    said = openssh(lab, ["ConnectTimeout=6"])
    time.sleep(0.3)
    also = [name for name in ("dpi-silent-drop", "stateful-fw-late-drop", "path-loss") if name != lead]
    return [Truth("pre-banner", "timeout", "middlebox", lead, message=said.first, also=also,
                  must_not=["sshd-not-accepting", "server-silent", "pmtu-blackhole-c2s"])]


@scenario("session-process-killed", tap="client", rtt=17, server="sshd",
          about="The server's processes of the session are killed (as the kernel does when memory runs out).")
@scenario("session-process-killed-dropbear-v6", tap="server", family=6, server="dropbear",
          about="IPv6: dropbear's process of the session is killed.")
def killed(lab, server):
    listener = sshd(lab) if server == "sshd" else dropbear(lab)
    client = openssh_start(lab, command=TICKS)
    time.sleep(1.6 + 6 * lab.spec.rtt / 1000)
    for pid in lab.server_processes(listener):
        os.kill(pid, signal.SIGKILL)
    said = finish(lab, client, 12, "ssh")
    return [Truth("session", "fin", "server-app", "session-process-killed", message=said.first, also=["server-closed"],
              must_not=["rst-injected", "normal-close"])]


@scenario("client-killed-unread-data", tap="client", rtt=17, about="The client hangs and is killed with unread data: its kernel resets.")
@scenario("client-killed-unread-data-server-tap", tap="server", rtt=60, about="The same seen on the server, round trip 60 ms.")
def client_killed(lab):
    sshd(lab)
    client = openssh_start(lab, command=TICKS)
    time.sleep(1.5 + 6 * lab.spec.rtt / 1000)
    client.send_signal(signal.SIGSTOP)
    time.sleep(0.8)
    client.kill()
    client.wait()
    time.sleep(0.5 + lab.spec.rtt / 1000)
    return [Truth("session", "rst", "client", "rst-by-client", also=["client-reset"], must_not=["rst-injected", "normal-close"])]


@scenario("session-process-killed-unread", tap="client", rtt=17,
          about="The server's session process hangs and is then killed with the client's bytes unread: a genuine reset of the server in mid session.")
@scenario("session-process-killed-unread-v6", tap="server", family=6, rtt=17,
          about="IPv6, seen on the server: its session process hangs and is killed with unread bytes.")
def killed_unread(lab):
    listener = sshd(lab)
    client = openssh_start(lab, ["ServerAliveInterval=2"], command=TICKS)
    time.sleep(1.2 + 6 * lab.spec.rtt / 1000)
    pids = lab.server_processes(listener)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(3)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    said = finish(lab, client, 12, "ssh")
    return [Truth("session", "rst", "server-app", "session-process-killed", message=said.first, also=["server-reset"],
                  must_not=["rst-injected", "middlebox-reset", "session-reset-by-firewall-idle", "host-rebooted"])]


def corrupt_first_encrypted(direction, segment, frame, bump):
    """A device that damages a byte of the client's first encrypted packet and mends the checksum."""
    if segment and direction == "c2s" and len(segment.payload) == 16:
        bump.seen["newkeys"] = True
    elif segment and direction == "c2s" and bump.seen.get("newkeys") and segment.payload and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, damaged(segment, frame))]
    return None


@scenario("corrupted-after-newkeys", tap="client", rtt=17, policy=corrupt_first_encrypted, also=("server-closed", "server-dies-in-kex"),
          about="A device damages the client's first encrypted packet: the server finds its authentication code wrong and closes. Seen before the damage.")
@scenario("corrupted-after-newkeys-server-tap", tap="server", rtt=17, policy=corrupt_first_encrypted, also=("server-closed",
          "server-dies-in-kex"),
          about="The same seen on the server, where the damaged packet arrives.")
def corrupted(lab, also):
    sshd(lab)
    said = openssh(lab)
    if "message authentication code incorrect" not in lab.log_text("sshd"):
        raise RuntimeError("the damage went unnoticed")
    return [Truth("authentication", "fin-or-rst", "server-app", "newkeys-then-mac-error", message=said.first, also=list(also),
              must_not=["auth-denied", "rst-injected"])]

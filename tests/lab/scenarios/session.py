"""Logged in, and then: idle timers, dead paths, keepalives."""

import os
import signal
import time

from clients import finish, openssh_start
from packet import damaged, with_ports
from scenario import Truth, scenario
from servers import dropbear, sshd

IDLE = "sleep 60"
TICKS = "while sleep 0.5; do echo tick; done"
_NOT = ["normal-close", "auth-denied", "pmtu-blackhole-c2s", "pmtu-blackhole-s2c"]


def _logged_in(lab, options=(), command=IDLE, **more):
    client = openssh_start(lab, options, command=command, **more)
    time.sleep(1.5 + 8 * lab.spec.rtt / 1000)
    return client


def _rejecting(lab, where="r"):
    """From now on a firewall without memory of the session rejects its packets."""
    lab.network.firewall(where, "forward", "meta l4proto tcp reject with tcp reset")


def _dropping(lab, where="r"):
    lab.network.firewall(where, "forward", "meta l4proto tcp drop")


@scenario("idle-reset-client-tap", tap="client", rtt=17, hops=2, where="r",
          about="A firewall forgets an idle session; the client's next keepalive draws a reset in the server's name with the firewall's TTL.")
@scenario("idle-reset-v6", tap="client", family=6, rtt=60, hops=2, where="x",
          about="IPv6: the second router forgets the idle session and resets the client's next keepalive.")
def idle_reset(lab, where):
    sshd(lab)
    client = _logged_in(lab, ["ServerAliveInterval=5"])
    _rejecting(lab, where)
    said = finish(lab, client, 12, "ssh")
    return [Truth("session", "rst", "middlebox", "session-reset-by-firewall-idle", forged=True, message=said.first,
                  also=["rst-injected", "middlebox-reset"], must_not=[*_NOT, "server-reset", "host-rebooted"])]


@scenario("idle-reset-server-tap", tap="server", rtt=17, hops=2,
          about="The server's keepalive after an idle time draws a reset in the client's name; seen on the server.")
def idle_reset_server(lab):
    sshd(lab, ["ClientAliveInterval 5"])
    client = _logged_in(lab)
    _rejecting(lab, "x")
    time.sleep(9)
    lab.stop(client)
    time.sleep(0.3)
    return [Truth("session", "rst", "middlebox", "session-reset-by-firewall-idle", forged=True, also=["rst-injected", "middlebox-reset"],
              must_not=[*_NOT, "rst-by-client"])]


@scenario("silent-drop-server-data", tap="server", rtt=17, wait=9,
          about="The path drops a session silently; the server's output is repeated without answer.")
@scenario("silent-drop-server-data-v6", tap="router-server-side", family=6, wait=7,
          about="IPv6: the path drops a session silently; the server's output is repeated without answer.")
def silent_drop(lab, wait):
    sshd(lab)
    client = _logged_in(lab, command=TICKS)
    # Dropped between the tap and the client.
    lab.network.firewall("r", "forward", "meta l4proto tcp drop")
    time.sleep(wait)
    for tap in lab.taps:
        tap.stop()
    lab.stop(client, signal.SIGKILL)
    return [Truth("session", "timeout", "middlebox", "session-silent-drop", also=["path-loss", "in-progress"],
                  must_not=[*_NOT, "server-alive-timeout", "client-alive-timeout"])]


@scenario("server-alive-timeout-rtt17", tap="client", rtt=17, interval=1,
          about="The path drops everything; ServerAliveInterval 1 with three tries ends the client.")
@scenario("server-alive-timeout-v6", tap="router-client-side", family=6, rtt=60, interval=2,
          about="IPv6: the path drops everything; the client's ServerAliveInterval 2 ends it.")
@scenario("server-alive-timeout-gcm", tap="client", rtt=17, interval=1, cipher="aes128-gcm@openssh.com",
          about="AES-GCM: the path drops everything; the client's keepalives end it.")
def server_alive(lab, interval, cipher=None):
    sshd(lab)
    client = _logged_in(lab, [f"ServerAliveInterval={interval}", "ServerAliveCountMax=3", *([f"Ciphers={cipher}"] if cipher else [])])
    _dropping(lab)
    said = finish(lab, client, 20, "ssh")
    time.sleep(0.5)
    return [Truth("session", "timeout", "client", "server-alive-timeout", message=said.line("not responding"), also=["session-silent-drop"],
              must_not=_NOT)]


@scenario("server-stopped-server-alive", tap="client", rtt=17,
          about="The server's session process hangs (SIGSTOP): its kernel acknowledges the keepalives, nobody answers them, the client gives up.")
def server_hangs(lab):
    listener = sshd(lab)
    client = _logged_in(lab, ["ServerAliveInterval=1", "ServerAliveCountMax=3"])
    for pid in lab.server_processes(listener):
        os.kill(pid, signal.SIGSTOP)
    said = finish(lab, client, 20, "ssh")
    return [Truth("session", "timeout", "client", "server-alive-timeout", message=said.line("not responding"),
                  must_not=[*_NOT, "session-silent-drop", "path-loss"])]


@scenario("client-alive-path-dead-server-tap", tap="server", rtt=17,
          about="The path drops everything; the server's ClientAliveInterval 1 ends the session on its side. Seen on the server.")
@scenario("client-alive-path-dead-v6-100", tap="router-server-side", family=6, release="trixie",
          about="IPv6, OpenSSH 10.0: the path drops everything; ClientAliveInterval 1 ends the session.")
def client_alive_dead(lab, release=None):
    sshd(lab, ["ClientAliveInterval 1", "ClientAliveCountMax 3"], release=release)
    client = _logged_in(lab)
    _dropping(lab)
    time.sleep(7)
    for tap in lab.taps:
        tap.stop()
    lab.stop(client, signal.SIGKILL)
    return [Truth("session", "timeout", "server-app", "client-alive-timeout", also=["session-silent-drop"],
                  must_not=[*_NOT, "server-alive-timeout"])]


@scenario("client-alive-client-stopped", tap="client", rtt=17,
          about="The client hangs (SIGSTOP): its kernel acknowledges the server's keepalives, nobody answers, the server closes.")
@scenario("client-alive-client-stopped-server-tap", tap="server", rtt=60, about="The same seen on the server; round trip 60 ms.")
def client_hangs(lab):
    sshd(lab, ["ClientAliveInterval 1", "ClientAliveCountMax 2"])
    client = _logged_in(lab)
    client.send_signal(signal.SIGSTOP)
    # sshd of this version sends every two seconds where one is configured.
    time.sleep(11)
    client.send_signal(signal.SIGCONT)
    said = finish(lab, client, 10, "ssh")
    return [Truth("session", "fin", "server-app", "client-alive-timeout", message=said.first,
                  must_not=[*_NOT, "session-silent-drop", "server-alive-timeout"])]


@scenario("host-rebooted", tap="client", rtt=17,
          about="The server loses all its connections without a word (as by a power cut) and comes back; the client's next keepalive draws a bare reset.")
@scenario("host-rebooted-v6", tap="router-client-side", family=6, rtt=17,
          about="IPv6: the server is back without its connections; the client's next keepalive draws a bare reset.")
def rebooted(lab):
    lab.network.sysctl("s", "net.ipv4.tcp_orphan_retries", 1)
    sshd(lab)
    client = _logged_in(lab, ["ServerAliveInterval=9"])
    lab.network.firewall("s", "output", "drop")
    for pid in lab.server_processes():
        os.kill(pid, signal.SIGKILL)
    time.sleep(4)
    lab.network.firewall_off("s", "output")
    sshd(lab)
    said = finish(lab, client, 15, "ssh")
    return [Truth("session", "rst", "server-kernel", "host-rebooted", message=said.first, also=["nat-rebind"],
                  must_not=[*_NOT, "rst-injected", "session-process-killed"])]


@scenario("in-progress-session", tap="client", rtt=17, server="sshd", about="The capture ends while an idle session is open and well.")
@scenario("in-progress-session-v6-dropbear", tap="server", family=6, server="dropbear",
          about="IPv6, dropbear: the capture ends while a session is open.")
def open_session(lab, server):
    sshd(lab) if server == "sshd" else dropbear(lab)
    client = _logged_in(lab, command=TICKS)
    for tap in lab.taps:
        tap.stop()
    lab.stop(client, signal.SIGKILL)
    return [Truth("session", "none", "none", "in-progress", must_not=_NOT)]


@scenario("in-progress-password-prompt", tap="client", rtt=17, about="The capture ends while the client waits at the password prompt.")
def open_prompt(lab):
    sshd(lab)
    client = openssh_start(lab, password="$(sleep 30)", key=None)
    time.sleep(2)
    for tap in lab.taps:
        tap.stop()
    os.killpg(client.pid, signal.SIGKILL)
    return [Truth("authentication", "none", "none", "in-progress", must_not=["auth-denied", "login-grace-timeout"])]


@scenario("unused-connection-timeout-100", tap="client", rtt=17, options=["UnusedConnectionTimeout 30"], release="trixie",
          about="OpenSSH 10.0 closes a connection without channels (ssh -N) after UnusedConnectionTimeout, 30 s.")
def unused(lab, options, release):
    sshd(lab, options, release=release)
    client = openssh_start(lab, ["SessionType=none"], command="")
    said = finish(lab, client, 45, "ssh")
    if "inactive" not in lab.log_text("sshd"):
        raise RuntimeError("the timer did not end it")
    return [Truth("session", "fin", "server-app", "unused-channel-timeout", message=said.first, also=["session-process-killed"],
                  must_not=[*_NOT, "client-alive-timeout"])]


def rebind(direction, segment, frame, bump):
    """A NAT that forgets its entry once the switch is on: from then on the client's packets leave from another port."""
    if not bump.switch.value or segment is None:
        return None
    if direction == "c2s":
        bump.seen.setdefault("port", segment.sport)
        return [(0, direction, with_ports(segment, frame, 61007, segment.dport))]
    if segment.dport == 61007:
        return [(0, direction, with_ports(segment, frame, segment.sport, bump.seen["port"]))]
    return []


@scenario("nat-rebind-idle", tap="server", rtt=17, policy=rebind, bump_at="near",
          about="A NAT forgets an idle session and sends its next packet from another port; the server's kernel resets what it does not know.")
@scenario("nat-rebind-idle-v6", tap="router-server-side", family=6, rtt=60, policy=rebind, bump_at="near",
          about="IPv6: a prefix translation forgets an idle session; its next packet comes from another port.")
def rebound(lab):
    sshd(lab)
    client = _logged_in(lab, ["ServerAliveInterval=4"])
    lab.bump.switch.value = 1
    said = finish(lab, client, 15, "ssh")
    time.sleep(0.2)
    return [Truth("session", "none", "none", "in-progress", also=["session-silent-drop"], must_not=_NOT),
            Truth("session", "rst", "server-kernel", "nat-rebind", message=said.first, must_not=[*_NOT, "rst-injected"])]


def break_rekey(direction, segment, frame, bump):
    """A device that does not stand a second key exchange: it damages what follows the KEXINITs in the session."""
    if not bump.switch.value or not segment or not segment.payload or bump.seen.get("done"):
        return None
    if direction == "c2s" and bump.seen.get("server"):
        bump.seen["done"] = True
        return [(0, direction, damaged(segment, frame))]
    if direction == "c2s" and len(segment.payload) > 1000:
        bump.seen["client"] = True
    elif direction == "s2c" and bump.seen.get("client") and 900 < len(segment.payload) < 1400:
        bump.seen["server"] = True
    return None


@scenario("rekey-damaged", tap="client", rtt=17, policy=break_rekey,
          about="The client begins a new key exchange after 16 KiB; a device between damages the packet that follows the second KEXINITs.")
@scenario("rekey-damaged-v6", tap="server", family=6, rtt=60, policy=break_rekey,
          about="IPv6, seen on the server: a device damages the second key exchange of a session.")
def rekey(lab):
    sshd(lab)
    client = openssh_start(lab, ["RekeyLimit=16K"], command="sleep 2; head -c 20000 /dev/zero; sleep 2")
    time.sleep(1.2 + 6 * lab.spec.rtt / 1000)
    lab.bump.switch.value = 1
    said = finish(lab, client, 15, "ssh")
    return [Truth("session", "fin-or-rst", "server-app", "rekey-failure", message=said.first, also=["session-process-killed"],
                  must_not=_NOT)]

"""Connections that do not get through TCP's handshake."""

import time
from dataclasses import replace

from clients import openssh, openssh_start, program
from packet import ACK, RST, SYN, forge
from scenario import Truth, scenario
from servers import sshd


@scenario("closed-port-ping-first", tap="client", rtt=17,
          about="Nothing listens on port 22; a ping that the same host answers stands before it in the capture.")
@scenario("closed-port-other-port", tap="router-client-side", hops=2, also_serving=2222, ports=(22, 2222),
          about="Nothing listens on port 22; the same server's sshd on port 2222 serves a login in the same capture.")
@scenario("closed-port-v6", tap="client", family=6, rtt=60,
          about="IPv6: nothing listens on port 22; a ping that the same host answers stands before it.")
@scenario("closed-port-any-interface", tap="router-client-side", interface="any",
          about="Nothing listens on port 22; captured on all interfaces of a router (Linux cooked v2), so each packet twice; a ping before.")
@scenario("closed-port-server-tap", tap="server", rtt=17,
          about="Nothing listens on port 22, seen on the server itself, which has answered a ping before.")
def closed_port(lab, also_serving=None):
    truths = []
    if also_serving:
        sshd(lab, port=also_serving)
        openssh(lab, port=also_serving)
        truths.append(Truth("session", "fin", "client", "normal-close"))
    else:
        lab.ping()
    said = openssh(lab)
    return truths + [Truth("tcp-connect", "rst", "server-kernel", "closed-port", message=said.line("Connection refused"),
                           must_not=["fw-reject-rst", "fw-reject-icmp"])]


@scenario("fw-reject-rst-host", tap="client", rtt=17, where="s", hook="input",
          about="A firewall on the server host rejects with a TCP reset; a ping was answered before, so the TTL can be compared.")
@scenario("fw-reject-rst-router", tap="client", rtt=17, where="r", hook="forward", by="middlebox", forged=True,
          about="A firewall on the router rejects with a TCP reset in the server's name; the server answers a ping from one hop further.")
@scenario("fw-reject-rst-router-v6", tap="client", family=6, rtt=60, where="r", hook="forward", by="middlebox", forged=True,
          about="IPv6: the router rejects with a TCP reset in the server's name, far faster than the server answers a ping.")
def reject_with_reset(lab, where, hook, by="server-kernel", forged=False):
    sshd(lab)
    lab.ping()
    lab.network.firewall(where, hook, f"tcp dport {lab.port} reject with tcp reset")
    said = openssh(lab)
    return [Truth("tcp-connect", "rst", by, "fw-reject-rst", forged=forged, message=said.line("Connection refused"),
              must_not=["closed-port"] if forged else [],
                  also=[] if forged else ["closed-port"])]


@scenario("fw-reject-icmp-host-port", tap="client", rtt=17, where="s", hook="input", kind="port-unreachable", says="Connection refused",
          about="The server's own firewall rejects with ICMP port unreachable, as fail2ban's default action does.")
@scenario("fw-reject-icmp-router-admin", tap="router-client-side", hops=2, where="r", hook="forward", kind="admin-prohibited",
          says="No route to host",
          by="middlebox", about="The first router rejects with ICMP administratively prohibited.")
@scenario("fw-reject-icmp-far-router-host", tap="client", hops=2, rtt=17, where="x", hook="forward", kind="host-unreachable",
          says="No route to host",
          by="middlebox", also=["host-unreachable"],
          about="A firewall rule on the second router rejects with ICMP host unreachable: at once and each time, which a missing host does not do.")
@scenario("fw-reject-icmp-v6-admin", tap="client", family=6, where="r", hook="forward", kind="admin-prohibited", says="Permission denied",
          by="middlebox", about="IPv6: the router rejects with ICMPv6 administratively prohibited; Linux' ssh says Permission denied.")
@scenario("fw-reject-icmp-v6-host-port", tap="client", family=6, rtt=17, where="s", hook="input", kind="port-unreachable",
          says="Connection refused",
          about="IPv6: the server's own firewall rejects with ICMPv6 port unreachable.")
@scenario("fw-reject-icmp-server-tap", tap="server", rtt=17, where="s", hook="input", kind="admin-prohibited", says="No route to host",
          about="The server's own firewall (as firewalld's zone reject) rejects with ICMP administratively prohibited, seen on the server.")
def reject_with_icmp(lab, where, hook, kind, says, by="server-kernel", also=()):
    sshd(lab)
    lab.network.firewall(where, hook, f"tcp dport {lab.port} reject with icmpx {kind}")
    said = openssh(lab)
    return [Truth("tcp-connect", "icmp", by, "fw-reject-icmp", message=said.line(says), also=list(also),
                  must_not=["auth-denied", "closed-port"])]


@scenario("syn-no-answer-router-drop", tap="client", rtt=17, where="r", hook="forward", by="unknown", wait=9,
          about="The router drops what goes to port 22 without a word; a ping to the same host was answered before.")
@scenario("syn-no-answer-server-tap", tap="server", where="s", hook="input", by="server-kernel", wait=5,
          about="The server's own firewall drops the SYNs; seen on the server, where they arrive.")
@scenario("syn-no-answer-v6", tap="router-client-side", family=6, where="r", hook="forward", by="unknown", wait=5,
          about="IPv6: the router drops what goes to port 22; the client gives up after its ConnectTimeout.")
def silent_drop(lab, where, hook, by, wait):
    sshd(lab)
    lab.ping()
    lab.network.firewall(where, hook, f"tcp dport {lab.port} drop")
    said = openssh(lab, [f"ConnectTimeout={wait}"])
    return [Truth("tcp-connect", "timeout", by, "syn-no-answer", message=said.line("Connection timed out"),
              also=["cloud-security-group-drop"],
                  must_not=["synack-lost", "host-unreachable"])]


@scenario("host-unreachable-arp", tap="client", rtt=0, hops=2,
          about="The server's address belongs to nobody: the last router asks for it by ARP without answer and says so with ICMP host unreachable after 3 s.")
@scenario("host-unreachable-v6", tap="client", family=6,
          about="IPv6: nobody answers the neighbour solicitations for the server's address; the router says address unreachable.")
def host_unreachable(lab):
    lab.network.ip("s", "addr", "flush", "dev", "s0")
    said = openssh(lab)
    return [Truth("tcp-connect", "icmp", "network", "host-unreachable", message=said.line("No route to host"),
                  must_not=["fw-reject-icmp", "syn-no-answer"])]


@scenario("network-unreachable-no-route", tap="client", hops=2, rtt=17,
          about="The second router has lost its route to the server's network and says so with ICMP network unreachable.")
def network_unreachable(lab):
    lab.network.ip("x", "route", "del", lab.network.addresses["server"].rsplit(".", 1)[0] + ".0/24")
    lab.network.ip("x", "route", "del", "default")
    lab.network.ip("x", "route", "add", lab.network.addresses["client"].rsplit(".", 1)[0] + ".0/24", "via",
              lab.network.addresses["transit_near"])
    said = openssh(lab)
    return [Truth("tcp-connect", "icmp", "network", "host-unreachable", message=said.line("Network is unreachable"),
              also=["fw-reject-icmp"])]


@scenario("synack-lost-server-tap", tap="server", rtt=17, where="r", by="middlebox",
          about="A router drops only the way back (a filter that sees one direction): the server answers every SYN in vain.")
@scenario("synack-lost-client-firewall", tap="client", where="c", by="client",
          about="The client's own firewall drops the SYN-ACKs that its tap still sees arriving.")
@scenario("synack-lost-v6-far-router", tap="server", family=6, where="r", by="middlebox",
          about="IPv6: the router lets the SYNs through and drops the server's answers.")
def synack_lost(lab, where, by):
    sshd(lab)
    hook = "input" if where == "c" else "forward"
    lab.network.firewall(where, hook, f"tcp sport {lab.port} drop")
    said = openssh(lab, ["ConnectTimeout=6"])
    return [Truth("tcp-connect", "timeout", by, "synack-lost", message=said.line("Connection timed out"),
              must_not=["accept-queue-overflow"])]


@scenario("accept-queue-overflow-syn-dropped", tap="client", rtt=17,
          about="A stopped listener with a backlog of 0: one connection lies in its queue unserved, and the kernel drops the next one's SYNs.")
def accept_queue(lab):
    program_text = f"import socket,time\ns=socket.create_server(('0.0.0.0',{lab.port}),backlog=0)\ntime.sleep(60)\n"
    process = lab.start("s", ["/usr/bin/python3", "-c", program_text], log="listener-that-never-accepts")
    lab.wait_listening(process, lab.port)
    first = openssh_start(lab)
    time.sleep(0.3)
    said = openssh(lab, ["ConnectTimeout=4"])
    lab.stop(first)
    return [Truth("pre-banner", "timeout", "client", "sshd-not-accepting", also=["accept-queue-overflow"]),
            Truth("tcp-connect", "timeout", "server-kernel", "accept-queue-overflow", message=said.first, also=["syn-no-answer"])]


@scenario("banned-after-failures", tap="client", rtt=17, failures=4, where="s", rule="reject with icmpx port-unreachable", how="icmp",
          by="server-kernel",
          about="After four refused logins the server bans the client's address as fail2ban does by default: every further SYN draws port unreachable.")
@scenario("banned-after-failures-drop-v6", tap="server", family=6, failures=4, where="s", rule="drop", how="timeout", by="server-kernel",
          about="IPv6, seen on the server: after four refused logins the client's address is banned by a rule that drops.")
def banned(lab, failures, where, rule, how, by):
    sshd(lab)
    truths = []
    for _ in range(failures):
        truths.append(Truth("authentication", "fin", "client", "auth-denied", message=openssh(lab,
                  key="stranger_key").line("Permission denied")))
    time.sleep(0.3)
    protocol = "ip" if lab.spec.family == 4 else "ip6"
    lab.network.firewall(where, "input", f"{protocol} saddr {lab.network.client} tcp dport {lab.port} {rule}")
    for _ in range(2):
        said = openssh(lab, ["ConnectTimeout=3"])
        other = "fw-reject-icmp" if how == "icmp" else "syn-no-answer"
        truths.append(Truth("tcp-connect", how, by, "banned-by-fail2ban", message=said.first, also=[other, "rate-limit-drop"],
                  must_not=["closed-port"]))
    return truths


@scenario("rate-limit-drop", tap="client", rtt=17,
          about="A router lets four new connections a minute pass and drops the SYNs of the next two; the first four are served.")
def rate_limit(lab):
    sshd(lab)
    lab.network.firewall("r", "forward",
              f"tcp dport {lab.port} tcp flags & (syn | ack) == syn limit rate over 1/minute burst 4 packets drop")
    for _ in range(4):
        program(lab, "c", "raw.py", lab.server, lab.port, "touch:0.2").wait(timeout=10)
    truths = [Truth("banner", "fin-or-rst", "client", "health-check-probe",
                  also=["client-reset", "client-closed", "rst-by-client"]) for _ in range(4)]
    for _ in range(2):
        said = openssh(lab, ["ConnectTimeout=4"])
        truths.append(Truth("tcp-connect", "timeout", "unknown", "rate-limit-drop", message=said.line("Connection timed out"),
                  also=["syn-no-answer"]))
    return truths


@scenario("scan-half-open", tap="client", rtt=17, about="A half-open scan of one port: SYN, SYN+ACK, and the reset of a kernel that knows of no connection.")
@scenario("scan-half-open-v6", tap="server", family=6, rtt=60, about="IPv6, seen on the server: a half-open scan of its port 22.")
def half_open_scan(lab):
    sshd(lab)
    program(lab, "c", "scan.py", lab.server, lab.port).wait(timeout=10)
    return [Truth("tcp-connect", "rst", "client", "port-scan", must_not=["rst-injected", "rst-by-client", "closed-port"])]


@scenario("scan-many-ports", tap="server", rtt=17, ports=(22, 2022, 2222, 22222, 8022), family=4,
          about="A scan over five ports on which SSH servers are often found; one is open.")
def many_ports_scan(lab):
    sshd(lab)
    program(lab, "c", "scan.py", lab.server, *lab.spec.ports).wait(timeout=10)
    refused = Truth("tcp-connect", "rst", "server-kernel", "closed-port", also=["port-scan"], must_not=["rst-injected", "fw-reject-rst"])
    return [Truth("tcp-connect", "rst", "client", "port-scan", must_not=["rst-injected", "rst-by-client"]),
            *(replace(refused) for _ in lab.spec.ports[1:])]


def answer_for_server(direction, segment, frame, bump):
    """A SYN proxy: answers the SYN itself, with window 0, and resets the client when the server behind it does not answer."""
    if direction != "c2s" or not segment:
        return None
    if segment.flags & SYN:
        bump.seen["syn"] = bump.seen.get("syn", segment)
        return [(-bump.delay, "s2c", forge(segment, SYN | ACK, seq=0x5EC0FFEE, ack=segment.seq + 1, window=0, ttl=64, reverse=True))]
    if segment.flags & ACK and not segment.flags & RST and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0.4, "s2c", forge(segment, RST | ACK, seq=segment.ack, ack=segment.seq, ttl=64, reverse=True))]
    return []


@scenario("syn-proxy-no-backend", tap="client", rtt=17, policy=answer_for_server,
          about="A SYN proxy completes the handshake with window 0; the server behind it does not answer, and the proxy resets.")
@scenario("syn-proxy-no-backend-v6", tap="router-client-side", family=6, rtt=60, policy=answer_for_server,
          about="IPv6: a SYN proxy completes the handshake with window 0 and resets when the server behind it does not answer.")
def syn_proxy(lab):
    said = openssh(lab)
    return [Truth("pre-banner", "rst", "middlebox", "syn-proxy-then-rst", forged=None, message=said.first,
                  must_not=["server-reset", "child-dies-before-banner", "tcp-wrappers-deny"])]


@scenario("two-machines-one-address", tap="router-server-side", twin=True, about="Two machines on the server's network answer for one address: two SYN-ACKs to one SYN.")
@scenario("two-machines-one-address-v6", tap="router-server-side", family=6, twin=True,
          about="IPv6: two machines on the server's network answer for one address.")
def two_machines(lab):
    sshd(lab)
    twin = lab.start("d", ["/usr/bin/socat", f"TCP{lab.network.family}-LISTEN:{lab.port},reuseaddr,fork", "SYSTEM:sleep 3"])
    lab.wait_listening(twin, lab.port)
    said = openssh(lab, ["ConnectTimeout=4"])
    time.sleep(0.3)
    return [Truth("pre-banner", "rst", "server-kernel", "duplicate-ip", message=said.first,
                  must_not=["rst-injected", "server-reset", "child-dies-before-banner"])]

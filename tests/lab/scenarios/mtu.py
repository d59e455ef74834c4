"""Paths that lose big packets: black holes of both directions, fragments, and what only looks like them."""

import time

from clients import finish, openssh, openssh_start
from scenario import Truth, scenario
from servers import sshd


def _narrow(lab, mtu):
    """Give the link between the two routers a smaller MTU."""
    lab.network.ip("r", "link", "set", "r1", "mtu", str(mtu))
    lab.network.ip("x", "link", "set", "x0", "mtu", str(mtu))


def _hole(lab, mtu, directions):
    """A narrow link whose routers keep their path MTU messages to themselves, in the given directions."""
    _narrow(lab, mtu)
    if "c2s" in directions:
        lab.network.firewall("r", "output", "@icmp-too-big drop")
    if "s2c" in directions:
        lab.network.firewall("x", "output", "@icmp-too-big drop")


def _leave_after(lab, seconds, **more):
    """A client whose user gives up; what it then prints is nothing."""
    client = openssh_start(lab, **more)
    finish(lab, client, seconds, "ssh")
    time.sleep(0.5)


_NOT_LOSS = ["path-loss", "server-silent", "mtu-icmp-ignored", "fragment-lost"]


@scenario("pmtu-blackhole-c2s-client-tap", tap="client", hops=2, rtt=17, mtu=1300,
          about="The link between two routers carries 1300 bytes and the ICMP message is filtered: the client's KEXINIT never arrives. The user gives up after 6 s.")
@scenario("pmtu-blackhole-c2s-server-tap", tap="server", hops=2, rtt=17, mtu=1300,
          about="The same hole seen on the server: of the client's KEXINIT only the tail arrives.")
@scenario("pmtu-blackhole-c2s-v6", tap="router-client-side", family=6, hops=2, rtt=60, mtu=1400,
          about="IPv6: packet too big messages are filtered on a path of 1400 bytes, seen before the hole; round trip 60 ms.")
@scenario("pmtu-blackhole-c2s-rtt0-offload", tap="client", hops=2, mtu=1400,
          about="The same with segmentation offload on the client: the tap sees segments larger than the MSS.")
def hole_c2s(lab, mtu):
    sshd(lab)
    _hole(lab, mtu, ["c2s"])
    _leave_after(lab, 6)
    if lab.spec.tap != "server":
        return [Truth("kexinit", "timeout", "network", "pmtu-blackhole-c2s", must_not=_NOT_LOSS)]
    # Behind the hole nothing more arrives; a ping shows that small packets still do.
    lab.ping()
    return [Truth("kexinit", "timeout", "network", "pmtu-blackhole-c2s", also=["path-loss"], must_not=_NOT_LOSS[1:])]


@scenario("pmtu-blackhole-s2c-client-tap", tap="client", hops=2, rtt=17, mtu=1300, release=None,
          about="Path MTU messages towards the server are filtered: of the server's key exchange reply only the tail arrives. The user gives up after 7 s.")
@scenario("pmtu-blackhole-s2c-server-tap", tap="server", hops=2, rtt=17, mtu=1300, release=None,
          about="The same hole seen on the server: the full-size segment of its key exchange reply is repeated without answer.")
@scenario("pmtu-blackhole-s2c-v6-100", tap="client", family=6, hops=2, rtt=60, mtu=1400, release="trixie",
          about="IPv6, OpenSSH 10.0 server, round trip 60 ms: the key exchange reply does not get through a path of 1400 bytes.")
@scenario("pmtu-blackhole-s2c-v6-server-tap", tap="router-server-side", family=6, hops=2, mtu=1400, release="trixie",
          about="IPv6, OpenSSH 10.0 server, seen next to the server: its big segment is repeated without answer.")
def hole_s2c(lab, mtu, release):
    sshd(lab, release=release)
    _narrow(lab, mtu)
    # The client's own big packets get their ICMP and shrink; only the server never hears of it.
    lab.network.firewall("x", "output", "@icmp-too-big drop")
    _leave_after(lab, 7)
    return [Truth("key-exchange", "timeout", "network", "pmtu-blackhole-s2c", must_not=_NOT_LOSS)]


@scenario("pmtu-blackhole-c2s-grace", tap="client", hops=2, rtt=17, mtu=1300,
          about="A black hole for the client's KEXINIT; the server's LoginGraceTime (8 s) closes, and its FIN reaches the client. The path is to blame all the same.")
def hole_grace(lab, mtu):
    sshd(lab, ["LoginGraceTime 8"])
    _hole(lab, mtu, ["c2s"])
    said = openssh(lab)
    # The client's bare ACKs still reach the server, whose own timer closes: a FIN, but the path's fault.
    return [Truth("kexinit", "fin", "network", "pmtu-blackhole-c2s", message=said.first, must_not=_NOT_LOSS + ["login-grace-timeout",
              "server-closed"])]


@scenario("pmtu-discovery-works", tap="client", hops=2, rtt=17, mtu=1300,
          about="A narrow path whose ICMP messages arrive: both ends shrink their segments and the login succeeds.")
@scenario("pmtu-discovery-works-v6", tap="router-client-side", family=6, hops=2, rtt=17, mtu=1400,
          about="IPv6: packet too big messages arrive and the login succeeds.")
def discovery(lab, mtu):
    sshd(lab)
    _narrow(lab, mtu)
    openssh(lab)
    return [Truth("session", "fin", "client", "normal-close", must_not=["pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "mtu-icmp-ignored"])]


@scenario("pmtu-probing-rescues", tap="server", hops=2, rtt=17, mtu=1300, sysctls=[("s", "net.ipv4.tcp_mtu_probing", 1)],
          about="A black hole towards the client that the server's tcp_mtu_probing heals after some seconds; the login succeeds.")
def probing(lab, mtu):
    sshd(lab)
    _hole(lab, mtu, ["s2c"])
    openssh(lab, seconds=40)
    return [Truth("session", "fin", "client", "normal-close", also=["pmtu-blackhole-s2c"])]


@scenario("mtu-icmp-ignored-client-firewall", tap="client", hops=2, rtt=17, mtu=1300,
          about="The router says fragmentation needed (MTU 1300), but the client's own firewall drops the message: full-size segments are repeated for ever.")
@scenario("mtu-icmp-ignored-v6", tap="client", family=6, hops=2, rtt=17, mtu=1400,
          about="IPv6: packet too big arrives at the client, whose firewall drops it; the segment is repeated at full size.")
def icmp_ignored(lab, mtu):
    sshd(lab)
    _narrow(lab, mtu)
    lab.network.firewall("c", "input", "@icmp-too-big drop")
    _leave_after(lab, 6)
    return [Truth("kexinit", "timeout", "network", "mtu-icmp-ignored", must_not=["path-loss", "server-silent"],
              also=["pmtu-blackhole-c2s"])]


@scenario("mtu-icmp-ignored-server", tap="server", hops=2, rtt=17, mtu=1300,
          about="The router tells the server to send smaller packets, the server's firewall drops the message: the key exchange reply is repeated at full size.")
def icmp_ignored_server(lab, mtu):
    sshd(lab)
    _narrow(lab, mtu)
    lab.network.firewall("s", "input", "@icmp-too-big drop")
    _leave_after(lab, 7)
    return [Truth("key-exchange", "timeout", "network", "mtu-icmp-ignored", must_not=["path-loss"], also=["pmtu-blackhole-s2c"])]


def lose_later_fragments(direction, segment, frame, bump):
    """A firewall that drops every fragment but the first, as it sees no ports in them."""
    if frame[12:14] == b"\x08\x00" and int.from_bytes(frame[20:22], "big") & 0x1FFF:
        return []
    return None


@scenario("fragment-lost-router-tap", tap="router-server-side", hops=2, rtt=17, policy=lose_later_fragments, mtu=1300,
          about="The client does without path MTU discovery, so a router fragments; a firewall behind drops every fragment but the first. Seen between the two.")
@scenario("fragment-lost-server-tap", tap="server", hops=2, rtt=17, policy=lose_later_fragments, mtu=1300,
          about="The same seen on the server: only first fragments arrive.")
def fragments(lab, mtu):
    lab.network.sysctl("c", "net.ipv4.ip_no_pmtu_disc", 1)
    sshd(lab)
    _narrow(lab, mtu)
    _leave_after(lab, 6)
    return [Truth("kexinit", "timeout", "network", "fragment-lost", must_not=["path-loss", "pmtu-blackhole-c2s"])]


def outage(direction, segment, frame, bump):
    """From the first KEXINIT of the client on nothing passes in either direction."""
    if segment and direction == "c2s" and len(segment.payload) > 1000:
        bump.seen["down"] = True
    return [] if bump.seen.get("down") else None


@scenario("outage-at-kexinit-client-tap", tap="client", rtt=17, policy=outage, phase="kexinit",
          about="The path goes down for good, both ways and for all sizes, when the client sends its KEXINIT: an outage, not an MTU hole.")
@scenario("outage-at-kexinit-server-tap-v6", tap="server", family=6, rtt=60, policy=outage, phase="kexinit",
          about="IPv6, seen on the server: the path goes down for good when the client's KEXINIT is under way.")
def outage_in_kex(lab, phase):
    sshd(lab)
    _leave_after(lab, 6)
    return [Truth(phase, "timeout", "network", "path-loss", must_not=["pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "normal-close"])]


def after_newkeys(direction, segment, frame, bump):
    """The path goes down when the client has sent its NEWKEYS."""
    if segment and direction == "c2s" and len(segment.payload) in (16, 60, 76) and bump.seen.get("big"):
        bump.seen["down"] = True
    if segment and direction == "s2c" and len(segment.payload) > 1200:
        bump.seen["big"] = True
    return [] if bump.seen.get("down") else None


@scenario("outage-at-newkeys", tap="client", rtt=17, policy=after_newkeys,
          about="The path goes down for good when the client sends NEWKEYS.")
def outage_newkeys(lab):
    sshd(lab)
    _leave_after(lab, 6)
    return [Truth("new-keys", "timeout", "network", "path-loss", must_not=["pmtu-blackhole-c2s", "pmtu-blackhole-s2c"])]


def outage_that_heals(direction, segment, frame, bump):
    """From the first KEXINIT of the client on nothing passes for 2.5 s; then all is well again."""
    if segment and direction == "c2s" and len(segment.payload) > 1000:
        bump.seen.setdefault("since", time.monotonic())
    return [] if "since" in bump.seen and time.monotonic() - bump.seen["since"] < 2.5 else None


@scenario("outage-that-heals", tap="client", rtt=17, policy=outage_that_heals,
          about="The path is down for 2.5 s when the client sends its KEXINIT, then the repeated packets arrive and the login succeeds.")
@scenario("outage-that-heals-server-tap-v6", tap="server", family=6, rtt=60, policy=outage_that_heals,
          about="IPv6, seen on the server: an outage of 2.5 s in the middle of the key exchange, and a login that succeeds.")
def healing_outage(lab):
    sshd(lab)
    said = openssh(lab, seconds=40)
    if said.code != 0:
        raise RuntimeError(f"the login failed: {said.lines}")
    return [Truth("session", "fin", "client", "normal-close", must_not=["path-loss", "pmtu-blackhole-c2s", "pmtu-blackhole-s2c"])]

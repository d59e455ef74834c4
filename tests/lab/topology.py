"""The network of one scenario: client - router (- second router) - server, each a network namespace.

        c0 --- r0 [router] r1 --- x0 [second router] x1 --- s0
                                  (only with hops=2)

A `Bump` (see bump.py) may cut the link next to the server or next to the client. Addresses are
documentation addresses only; no namespace has a way to the machine's own network.
"""

import ipaddress
import subprocess

from namespaces import offloads_off

ADDRESSES = {
    4: {"client": "192.0.2.10", "client_gateway": "192.0.2.1", "server": "203.0.113.20", "server_gateway": "203.0.113.1",
        "transit_near": "198.51.100.1", "transit_far": "198.51.100.2", "prefix": 24},
    6: {"client": "2001:db8:a::10", "client_gateway": "2001:db8:a::1", "server": "2001:db8:b::20", "server_gateway": "2001:db8:b::1",
        "transit_near": "2001:db8:f::1", "transit_far": "2001:db8:f::2", "prefix": 64},
}


def run(*command, text=None):
    """Run a set-up command; its failure ends the scenario with the command's own words."""
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """Builds on construction, `remove()` takes everything away again."""

    def __init__(self, tag, family=4, hops=1, bump_at=None, offloads=True, addresses=None):
        self.family = family
        self.addresses = dict(ADDRESSES[family], **(addresses or {}))
        self.client, self.server = self.addresses["client"], self.addresses["server"]
        names = ["c", "r", "s"] + (["x"] if hops == 2 else []) + (["b"] if bump_at else [])
        self._namespaces = {name: f"sshwire-lab-{tag}-{name}" for name in names}
        self.hops = hops
        for namespace in self._namespaces.values():
            run("ip", "netns", "add", namespace)
        try:
            self._build(bump_at, offloads)
        except BaseException:
            self.remove()
            raise

    def namespace(self, name):
        return self._namespaces[name]

    def tap(self, position):
        """Namespace letter and interface for a tap position."""
        last = ("x", "x1") if self.hops == 2 else ("r", "r1")
        last = (last[0], "lan") if "d" in self._namespaces else last
        return {"client": ("c", "c0"), "router-client-side": ("r", "r0"), "router-server-side": last, "server": ("s", "s0")}[position]

    def ip(self, name, *arguments):
        return run("ip", "-n", self.namespace(name), *arguments)

    def sysctl(self, name, setting, value):
        run("ip", "netns", "exec", self.namespace(name), "sysctl", "-q", "-w", f"{setting}={value}")

    def nft(self, name, rules):
        run("ip", "netns", "exec", self.namespace(name), "nft", "-f", "-", text=rules)

    def firewall(self, name, hook, rule):
        """One nftables rule at a hook (input, output, forward); `@icmp-too-big` stands for the path MTU messages."""
        too_big = "icmp type destination-unreachable icmp code 4" if self.family == 4 else "icmpv6 type packet-too-big"
        rule = rule.replace("@icmp-too-big", too_big)
        self.nft(name, f"table inet {hook}_lab {{\n chain rules {{\n type filter hook {hook} priority 0;\n {rule}\n }}\n}}\n")

    def firewall_off(self, name, hook):
        self.nft(name, f"delete table inet {hook}_lab")

    def twin(self):
        """A second machine ("d") on the server's network that uses the server's address, as after a failover that only one of them noticed.

        The router's link to the server becomes a bridge that floods, so both get the packets for the address; each answers from a
        hardware address of its own.
        """
        name = self._namespaces["d"] = self.namespace("s")[:-1] + "d"
        run("ip", "netns", "add", name)
        last, port = ("x", "x1") if self.hops == 2 else ("r", "r1")
        gateway = self.addresses["server_gateway"]
        length = self.addresses["prefix"]
        run("ip", "link", "add", "d1", "netns", self.namespace(last), "type", "veth", "peer", "name", "s0", "netns", name)
        self.ip(last, "link", "add", "lan", "type", "bridge", "ageing_time", "0")
        for member in (port, "d1"):
            self.ip(last, "addr", "flush", "dev", member)
            self.ip(last, "link", "set", member, "master", "lan", "up")
        self.ip(last, "link", "set", "lan", "up")
        self._assign(last, "lan", gateway)
        self.sysctl("d", "net.ipv6.conf.all.accept_dad", 0)
        self.ip("d", "link", "set", "lo", "up")
        self.ip("d", "link", "set", "s0", "up", "promisc", "on")
        self._assign("d", "s0", self.server)
        self._default("d", gateway)
        # Each also takes what is sent to the other's hardware address.
        for machine in ("s", "d"):
            self.nft(machine, "table netdev lab {\n chain takes {\n type filter hook ingress device s0 priority 0;\n meta pkttype set host\n }\n}\n")

    def pids(self, *names):
        """The processes inside these namespaces, or inside all: every one was started by this lab."""
        found = []
        for name in names or self._namespaces:
            out = subprocess.run(["ip", "netns", "pids", self._namespaces[name]], capture_output=True, text=True).stdout
            found += [int(line) for line in out.split()]
        return found

    def remove(self):
        for namespace in self._namespaces.values():
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)

    def _link(self, left, left_if, right, right_if):
        run("ip", "link", "add", left_if, "netns", self.namespace(left), "type", "veth",
            "peer", "name", right_if, "netns", self.namespace(right))

    def _cable(self, left, left_if, right, right_if, bumped):
        if bumped:
            self._link(left, left_if, "b", "b0")
            self._link("b", "b1", right, right_if)
        else:
            self._link(left, left_if, right, right_if)

    def _build(self, bump_at, offloads):
        for name in self._namespaces:
            for setting in ("all", "default"):
                # No address detection and no autoconfiguration: the only packets are those of the scenario.
                self.sysctl(name, f"net.ipv6.conf.{setting}.accept_dad", 0)
                self.sysctl(name, f"net.ipv6.conf.{setting}.accept_ra", 0)
                self.sysctl(name, f"net.ipv6.conf.{setting}.router_solicitations", 0)
                self.sysctl(name, f"net.ipv6.conf.{setting}.disable_ipv6", int(self.family == 4 or name == "b"))
        self._cable("c", "c0", "r", "r0", bump_at == "near")
        if self.hops == 2:
            self._link("r", "r1", "x", "x0")
            self._cable("x", "x1", "s", "s0", bump_at == "far")
        else:
            self._cable("r", "r1", "s", "s0", bump_at == "far")
        ends = {"c": ["c0"], "r": ["r0", "r1"], "s": ["s0"], "x": ["x0", "x1"], "b": ["b0", "b1"]}
        for name, namespace in self._namespaces.items():
            for interface in ends[name]:
                if bump_at or not offloads:
                    offloads_off(namespace, interface)
                self.ip(name, "link", "set", interface, "up")
            self.ip(name, "link", "set", "lo", "up")
        self._address()
        if bump_at:
            self._know_neighbours(bump_at)

    def _know_neighbours(self, bump_at):
        """The ends of the delayed link know each other, so that ARP does not double the first round trip."""
        far = ("x", "x1", "server_gateway") if self.hops == 2 else ("r", "r1", "server_gateway")
        ends = (("c", "c0", "client"), ("r", "r0", "client_gateway")) if bump_at == "near" else (far, ("s", "s0", "server"))
        for here, there in (ends, ends[::-1]):
            shown = self.ip(there[0], "-o", "link", "show", "dev", there[1])
            hardware = shown.split("link/ether ")[1].split()[0]
            self.ip(here[0], "neigh", "replace", self.addresses[there[2]], "lladdr", hardware, "dev", here[1], "nud", "permanent")

    def _address(self):
        a = self.addresses
        far, far_if = ("x", "x1") if self.hops == 2 else ("r", "r1")
        self._assign("c", "c0", a["client"])
        self._assign("r", "r0", a["client_gateway"])
        self._assign(far, far_if, a["server_gateway"])
        self._assign("s", "s0", a["server"])
        if self.hops == 2:
            self._assign("r", "r1", a["transit_near"])
            self._assign("x", "x0", a["transit_far"])
            self._default("r", a["transit_far"])
            self._default("x", a["transit_near"])
        self._default("c", a["client_gateway"])
        self._default("s", a["server_gateway"])
        forwarding = "net.ipv4.ip_forward" if self.family == 4 else "net.ipv6.conf.all.forwarding"
        for router in [name for name in ("r", "x") if name in self._namespaces]:
            self.sysctl(router, forwarding, 1)

    def _assign(self, name, interface, address):
        length = self.addresses["prefix"]
        extra = ["nodad"] if self.family == 6 else []
        self.ip(name, "addr", "add", f"{ipaddress.ip_address(address)}/{length}", "dev", interface, *extra)

    def _default(self, name, gateway):
        self.ip(name, "route", "add", "default", "via", gateway)

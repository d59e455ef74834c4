"""Capturing with tcpdump at one of the tap positions, and telling what is in the file."""

import os
import signal
import subprocess
import time

from namespaces import entering


class Tap:
    def __init__(self, lab, position, path, snaplen=0, interface=None, expression=()):
        namespace, default = lab.network.tap(position)
        self.path = path
        self._complaints = open(path + ".tcpdump", "w+", encoding="utf-8")
        command = ["tcpdump", "-n", "-U", "--immediate-mode", "-Z", "root", "-s", str(snaplen), "-i", interface or default, "-w", path,
                  *expression]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._complaints,
                                         start_new_session=True, preexec_fn=entering(lab.network.namespace(namespace)))
        lab.adopt(self._process)
        deadline = time.monotonic() + 10
        while "listening on" not in self._said():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("tcpdump did not start: " + self._said())
            time.sleep(0.02)

    @property
    def pid(self):
        return self._process.pid

    def _said(self):
        with open(self.path + ".tcpdump", encoding="utf-8") as handle:
            return handle.read()

    def stop(self):
        """End the capture; a scenario may do so before its connection ends."""
        if self._process.poll() is None:
            time.sleep(0.3)
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=10)
            self._complaints.close()


def rewrite(path, *editcap_options):
    """Pass a capture through editcap (another file format, cut packets)."""
    subprocess.run(["editcap", *editcap_options, path, path + ".new"], check=True, capture_output=True)
    os.replace(path + ".new", path)


def merge(target, *sources):
    subprocess.run(["mergecap", "-F", "pcap", "-w", target, *sources], check=True, capture_output=True)


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def connections(path, ports):
    """(client, server) of every TCP connection to one of the ports, in order of appearance."""
    fields = ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport"]
    command = ["tshark", "-n", "-r", path, "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", "-E", "occurrence=f"]
    for field in fields:
        command += ["-e", field]
    found = {}
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        src4, src6, sport, dst4, dst6, dport = (line.split("\t") + [""] * 6)[:6]
        source, target = (src4 or src6, int(sport)), (dst4 or dst6, int(dport))
        if target[1] in ports:
            found.setdefault((endpoint(*source), endpoint(*target)))
        elif source[1] in ports:
            found.setdefault((endpoint(*target), endpoint(*source)))
    return list(found)


def _until_close(path, client):
    """(source port, flags, payload length) of a connection's packets, up to its first FIN or reset."""
    port = client.rsplit(":", 1)[1]
    command = ["tshark", "-n", "-r", path, "-Y", f"tcp.port == {port}", "-T", "fields", "-e", "tcp.srcport", "-e", "tcp.flags", "-e",
              "tcp.len"]
    packets = []
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        source, flags, length = line.split("\t")
        packets.append((source, int(flags, 16), int(length)))
        if packets[-1][1] & 0x05:
            break
    return packets


def first_close(path, client):
    """Whether the first closing packet of a client's connection is a FIN or a reset."""
    return "rst" if _until_close(path, client)[-1][1] & 0x04 else "fin"


def kexinit_before_close(path, client):
    """Whether the client's KEXINIT was begun by then: nothing else it sends so early is that long."""
    port = client.rsplit(":", 1)[1]
    return any(source == port and length > 200 for source, _, length in _until_close(path, client))


def listing(path, limit=36):
    """The packets as tshark's one-line summaries, the middle left out when there are many."""
    out = subprocess.run(["tshark", "-n", "-t", "r", "-r", path], capture_output=True, text=True, check=True).stdout
    lines = [line.rstrip()[:140] for line in out.splitlines()]
    if len(lines) > limit:
        half = limit // 2
        lines = lines[:half] + [f"  ... {len(lines) - 2 * half} more ..."] + lines[-half:]
    return "\n".join(lines)

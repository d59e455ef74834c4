"""A "bump in the wire": a user-space forwarder between two links.

It delays, loses and reorders packets, and a scenario's policy may drop, keep or forge some.
The kernel's own emulation (netem) is not needed, so the lab runs on any kernel that has veth.
"""

import heapq
import multiprocessing
import os
import random
import select
import signal
import socket
import struct
import time

from namespaces import join
from packet import Segment

_PACKET_OUTGOING = 4
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISC = 263, 1, 1
_ETH_P_ALL = 3


class Bump:
    """Forwards between `b0` (towards the client) and `b1` (towards the server) until stopped.

    `policy(direction, segment, frame, bump)` may return a list of (further delay in seconds, direction, frame)
    that takes the packet's place, or None to let it pass. `segment` is None for what is not TCP.
    `bump.switch.value` is a number that the scenario sets while it runs; `bump.seen` is the policy's own memory.
    A further delay of `-bump.delay` is "at once": what a device at this spot sends by itself.
    """

    def __init__(self, namespace, rtt=0.0, loss=0.0, jitter=0.0, seed=1, policy=None):
        self._namespace = namespace
        self.delay, self._loss, self._jitter = rtt / 2, loss, jitter
        self._random = random.Random(seed)
        self._policy = policy
        self.switch = multiprocessing.Value("i", 0)
        self.seen = {}
        self._pid = os.fork()
        if self._pid == 0:
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                self._forward()
            finally:
                os._exit(1)

    def stop(self):
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _open(self, interface):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        sock.bind((interface, _ETH_P_ALL))
        membership = struct.pack("iHH8s", socket.if_nametoindex(interface), _PROMISC, 0, b"")
        sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)
        return sock

    def _forward(self):
        join(self._namespace)
        sockets = {"c2s": self._open("b0"), "s2c": self._open("b1")}
        leaves_by = {"c2s": sockets["s2c"], "s2c": sockets["c2s"]}
        waiting, order = [], 0
        while True:
            timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select(list(sockets.values()), [], [], timeout)
            now = time.monotonic()
            for direction, sock in sockets.items():
                if sock not in ready:
                    continue
                frame, address = sock.recvfrom(65535)
                if address[2] == _PACKET_OUTGOING:
                    continue
                for delay, towards, out in self._decide(direction, frame):
                    order += 1
                    heapq.heappush(waiting, (now + delay, order, towards, out))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, towards, out = heapq.heappop(waiting)
                leaves_by[towards].send(out)

    def _decide(self, direction, frame):
        segment = Segment.parse(frame)
        if self._policy:
            instead = self._policy(direction, segment, frame, self)
            if instead is not None:
                return [(self.delay + delay, towards, out) for delay, towards, out in instead]
        if segment and self._random.random() < self._loss:
            return []
        extra = self._random.random() * self._jitter if segment else 0.0
        return [(self.delay + extra, direction, frame)]

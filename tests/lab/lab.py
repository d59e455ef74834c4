"""One running scenario: network, tap, servers, clients; and the certainty that all of it goes away again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

from bump import Bump
from namespaces import entering
from topology import Network

NODE = shutil.which("node") or "node"
CACHE = os.environ.get("SSHWIRE_LAB_CACHE", os.path.expanduser("~/.cache/sshwire-lab"))


def release_tree(release):
    """The unpacked tree of another Debian release (made by `prepare`); None for the machine's own programs."""
    return os.path.join(CACHE, release) if release else None


class Lab:
    """What a scenario function gets. Everything it starts is ended by `close()`."""

    def __init__(self, spec):
        self.spec = spec
        self.folder = tempfile.mkdtemp(prefix="sshwire-lab-")
        os.chmod(self.folder, 0o755)
        self._processes = []
        self._made = []
        self.bump = None
        self.logs = {}
        self.said = []
        self.taps = []
        self.network = None
        try:
            # A policy decides on single packets, so a bump is in place for any of these.
            needs_bump = spec.rtt or spec.loss or spec.jitter or spec.policy
            where = spec.bump_at if needs_bump else None
            self.network = Network(str(os.getpid()), spec.family, spec.hops, where, spec.offloads, spec.addresses)
            if spec.twin:
                self.network.twin()
            if needs_bump:
                self.bump = Bump(self.network.namespace("b"), spec.rtt / 1000, spec.loss, spec.jitter / 1000, spec.seed, spec.policy)
            for name, setting, value in spec.sysctls:
                self.network.sysctl(name, setting, value)
        except BaseException:
            self.close()
            raise

    @property
    def server(self):
        return self.network.server

    @property
    def port(self):
        """The port of the scenario's SSH server."""
        return self.spec.ports[0]

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as handle:
            handle.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def start(self, where, command, binds=None, root=None, env=None, log=None):
        """Start a program in a namespace; with `log` its output goes to a file that the README quotes."""
        output = subprocess.DEVNULL
        if log:
            self.logs[log] = self.path(f"{log}.log")
            output = open(self.logs[log], "ab")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C", **(env or {})},
            preexec_fn=entering(self.network.namespace(where), binds, root))
        self._processes.append(process)
        return process

    def inside(self, where, root=None):
        """A `preexec_fn` for a client. With `root` its own folder is seen inside the other release's tree."""
        binds = {}
        if root:
            self.mount_point(root)
            binds = {self.folder: self.folder}
        return entering(self.network.namespace(where), binds, root)

    def mount_point(self, root):
        """An empty folder in the other release's tree, where a process will see this lab's own folder."""
        if root + self.folder not in self._made:
            os.makedirs(root + self.folder)
            self._made.append(root + self.folder)

    def adopt(self, process):
        self._processes.append(process)

    def stop(self, process, number=signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def server_processes(self, listener=None):
        """The processes on the server but for its listener and the tap: those of sessions, and what they run."""
        others = [tap.pid for tap in self.taps] + ([listener.pid] if listener else [])
        return [pid for pid in self.network.pids("s") if pid not in others]

    def log_text(self, name):
        with open(self.logs[name], encoding="utf-8", errors="replace") as handle:
            return handle.read()

    def ping(self):
        """One echo request and answer, so that the capture holds a packet of the server to compare with."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "ping.py")
        self.start("c", ["/usr/bin/python3", script, self.server]).wait(timeout=5)

    def wait_listening(self, process, port, seconds=10):
        """Until the process's namespace has a listener; reads a kernel table and sends nothing."""
        deadline = time.monotonic() + seconds
        wanted = f":{port:04X} "
        while time.monotonic() < deadline:
            for table in ("tcp", "tcp6"):
                with open(f"/proc/{process.pid}/net/{table}", encoding="ascii") as handle:
                    if any(wanted in line[:line.find(" 0A ")] + " " for line in handle if " 0A " in line):
                        return
            if process.poll() is not None:
                raise RuntimeError("server ended at its start: " + "".join(self.log_text(log) for log in self.logs))
            time.sleep(0.02)
        raise RuntimeError(f"nothing listens on port {port}")

    def close(self):
        if self.bump:
            self.bump.stop()
        if self.network:
            for pid in self.network.pids():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in self._processes:
            process.kill()
            process.wait()
        if self.network:
            self.network.remove()
        for folder in self._made:
            os.rmdir(folder)
        shutil.rmtree(self.folder, ignore_errors=True)

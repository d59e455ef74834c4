"""Servers of several makers, with keys and a user account that exist only in the lab's own view of /etc."""

import os
import shutil
import signal
import subprocess
import time

from clients import program
from lab import CACHE, NODE, release_tree

PASSWORD = "correct-horse"
# The home is not below /tmp as the process sees it: tinysshd refuses keys below a folder that all may write to.
_USER = "labuser:x:4242:4242::/home/labuser:/bin/sh\n"


def _quiet(*command):
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def keys(lab):
    """Host keys, a client key in each maker's format, and a second key that no server knows."""
    for name, kind in (("host_ed25519", "ed25519"), ("host_ecdsa", "ecdsa"), ("host_rsa", "rsa"), ("client_key", "ed25519"),
              ("stranger_key", "ed25519")):
        _quiet("ssh-keygen", "-q", "-t", kind, *(["-b", "2048"] if kind == "rsa" else []), "-N", "", "-C", "lab", "-f", lab.path(name))
    _quiet("dropbearconvert", "openssh", "dropbear", lab.path("client_key"), lab.path("client_key.dropbear"))
    _quiet("puttygen", lab.path("client_key"), "-O", "private", "-o", lab.path("client_key.ppk"))
    _quiet("dropbearkey", "-t", "ed25519", "-f", lab.path("dropbear_ed25519"))
    home = lab.path("homes", "labuser")
    os.makedirs(home + "/.ssh")
    shutil.copy(lab.path("client_key.pub"), home + "/.ssh/authorized_keys")
    for path in (home, home + "/.ssh", home + "/.ssh/authorized_keys"):
        os.chown(path, 4242, 4242)
        os.chmod(path, 0o600 if path.endswith("keys") else 0o700)


def view(lab, root=None, hosts_deny=None):
    """The private files of a server process: one more user, a fresh /run, perhaps /etc/hosts.deny."""
    label = "tree" if root else "machine"
    binds = {}
    crypted = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
    added = {"passwd": _USER, "shadow": f"labuser:{crypted}:19000:0:99999:7:::\n"}
    for name, line in added.items():
        with open(f"{root or ''}/etc/{name}", encoding="utf-8") as handle:
            binds[f"/etc/{name}"] = lab.write(f"{name}-{label}", handle.read() + line, 0o600 if name == "shadow" else 0o644)
    os.makedirs(lab.path("run", "sshd"), exist_ok=True)
    binds["/run"] = lab.path("run")
    binds["/home"] = lab.path("homes")
    if hosts_deny:
        binds["/etc/hosts.deny"] = lab.write("hosts.deny", hosts_deny + "\n")
    if root:
        binds[lab.folder] = lab.folder
        lab.mount_point(root)
    return binds


def sshd(lab, options=(), port=None, release=None, hosts_deny=None, host_keys=("ed25519", "ecdsa", "rsa"), match=""):
    """OpenSSH's server. The first value of an option wins, so the scenario's own stand before the lab's."""
    root = release_tree(release)
    port = port or lab.port
    lines = [*options, f"Port {port}", *(f"HostKey {lab.path('host_' + kind)}" for kind in host_keys),
             "UsePAM no", "StrictModes no", "PidFile none", "UseDNS no", "LogLevel VERBOSE", "PrintMotd no", "PrintLastLog no",
             "AuthorizedKeysFile .ssh/authorized_keys"]
    config = lab.write("sshd_config", "\n".join(lines) + "\n" + match)
    process = lab.start("s", ["/usr/sbin/sshd", "-D", "-e", "-f", config], view(lab, root, hosts_deny), root, log="sshd")
    lab.wait_listening(process, port)
    return process


def dropbear(lab, options=(), release=None):
    root = release_tree(release)
    command = ["/usr/sbin/dropbear", "-F", "-E", "-p", str(lab.port), "-r", lab.path("dropbear_ed25519"), "-P", "/run/dropbear.pid",
              *options]
    process = lab.start("s", command, view(lab, root), root, log="dropbear")
    lab.wait_listening(process, lab.port)
    return process


def dropbear_fingerprint(lab):
    out = subprocess.run(["dropbearkey", "-y", "-f", lab.path("dropbear_ed25519")], capture_output=True, text=True, check=True).stdout
    return next(line.split()[-1] for line in out.splitlines() if line.startswith("Fingerprint"))


def openssh_fingerprint(lab, kind="sha256"):
    """As plink wants it: 0.74 knows only MD5."""
    out = subprocess.run(["ssh-keygen", "-l", "-E", kind, "-f", lab.path("host_ed25519.pub")], capture_output=True, text=True,
              check=True).stdout
    return out.split()[1].removeprefix("MD5:")


def tinysshd(lab):
    """tinysshd serves one connection on its standard input; socat listens for it."""
    _quiet("tinysshd-makekey", lab.path("tiny"))
    kind = "TCP6-LISTEN" if lab.network.family == 6 else "TCP4-LISTEN"
    command = ["socat", f"{kind}:{lab.port},reuseaddr,fork", f"EXEC:/usr/sbin/tinysshd -v {lab.path('tiny')}"]
    process = lab.start("s", command, view(lab), log="tinysshd")
    lab.wait_listening(process, lab.port)
    return process


def listener(lab, behaviour, seconds=0.0):
    """The lab's strange listener: see programs/listener.py for the behaviours."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "listener.py")
    process = lab.start("s", ["/usr/bin/python3", "-u", script, str(lab.port), behaviour, str(seconds)], log="listener")
    lab.wait_listening(process, lab.port)
    return process


def haproxy(lab, config):
    process = lab.start("s", ["haproxy", "-db", "-f", lab.write("haproxy.cfg", config)], log="haproxy")
    lab.wait_listening(process, lab.port)
    return process


def nginx(lab, server):
    config = lab.write("nginx.conf", f"daemon off; pid {lab.path('nginx.pid')}; error_log stderr; events {{}}\n"
                                     f"http {{ access_log {lab.path('access.log')}; server {{ {server} }} }}\n")
    process = lab.start("s", ["nginx", "-p", lab.folder, "-c", config], log="nginx")
    lab.wait_listening(process, lab.port)
    return process


def python_server(lab, name, *arguments, venv="python"):
    """A server made with a library (asyncssh, paramiko) from a virtual environment of the cache folder."""
    interpreter = os.path.join(CACHE, venv, "bin", "python")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", name)
    process = lab.start("s", [interpreter, "-u", script, str(lab.port), *arguments], log=name.removesuffix(".py"))
    lab.wait_listening(process, lab.port)
    return process


def asyncssh_server(lab, *arguments):
    return python_server(lab, "asyncssh_server.py", "--host-key", lab.path("host_ed25519"), *arguments)


def ssh2_server(lab):
    """A server made with ssh2 for Node.js. It wants an RSA key in PEM: its parser knows no other format of each release."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "ssh2_server.js")
    modules = os.path.join(CACHE, "node", "node_modules")
    process = lab.start("s", [NODE, script, modules, str(lab.port), lab.path("host_ed25519"), PASSWORD], log="ssh2")
    lab.wait_listening(process, lab.port)
    return process


def sslh(lab, ssh_port):
    """The multiplexer on the scenario's port: what speaks SSH goes to `ssh_port`, all else to a port where nothing listens."""
    local, own = ("[::1]", f"[{lab.server}]") if lab.network.family == 6 else ("127.0.0.1", lab.server)
    command = ["sslh", "-f", "-n", "-u", "root", "-p", f"{own}:{lab.port}", "--ssh", f"{local}:{ssh_port}", "--tls", f"{local}:4433"]
    process = lab.start("s", command, log="sslh")
    lab.wait_listening(process, lab.port)
    return process


def fail2ban(lab, tries, action):
    """fail2ban with its own sshd filter and nftables action, on the log of `sshd` (started before). Returns what reads its log."""
    folder = lab.path("fail2ban")
    shutil.copytree("/etc/fail2ban", folder)
    for extra in os.listdir(folder + "/jail.d"):
        os.remove(os.path.join(folder, "jail.d", extra))
    log, auth = lab.path("fail2ban.log"), lab.write("auth.log", "")
    rule = "drop" if action == "drop" else "reject"
    lab.write("fail2ban/jail.local", f"[DEFAULT]\nallowipv6 = auto\n[sshd]\nenabled = true\nbackend = polling\nlogpath = {auth}\n"
              f"maxretry = {tries}\nfindtime = 60\nbantime = 600\nusedns = no\n"
              f"banaction = nftables[type=multiport, blocktype={rule}]\nport = {lab.port}\n")
    # Bans must not outlive the scenario, nor meet the machine's own.
    lab.write("fail2ban/fail2ban.local", "[Definition]\ndbfile = None\nallowipv6 = auto\n")
    program(lab, "s", "stamp.py", lab.logs["sshd"], auth, "sshd")
    lab.start("s", ["fail2ban-server", "-f", "-c", folder, "-s", lab.path("f2b.sock"), "-p", lab.path("f2b.pid"), "--loglevel", "INFO",
                    "--logtarget", log, "--syslogsocket", "none", "start"], log="fail2ban")
    lab.logs["fail2ban"] = log
    deadline = time.monotonic() + 15
    while not os.path.exists(log) or "Jail 'sshd' started" not in lab.log_text("fail2ban"):
        if time.monotonic() > deadline:
            raise RuntimeError("fail2ban did not start: " + (lab.log_text("fail2ban") if os.path.exists(log) else ""))
        time.sleep(0.1)
    return lambda: lab.log_text("fail2ban")


def freeze(process):
    """Stop the listener as an overloaded or suspended host would: the kernel goes on, the program does not."""
    process.send_signal(signal.SIGSTOP)

"""Programs that stand before, beside or in place of sshd: a multiplexer, a ban, servers of other makers."""

import time

from clients import openssh, plink, python_client, ssh2_client
from scenario import Truth, scenario
from servers import PASSWORD, fail2ban, openssh_fingerprint, sshd, sslh, ssh2_server

_HEALTHY = ["auth-denied", "client-closed", "server-closed", "session-process-killed"]


@scenario("fail2ban-ban", tap="client", rtt=17, action="reject",
          about="fail2ban watches sshd's log and bans the client after three wrong passwords; its rule rejects with ICMP port unreachable.")
@scenario("fail2ban-ban-v6", tap="server", family=6, rtt=60, action="reject",
          about="IPv6, seen on the server: fail2ban bans the client after three wrong passwords.")
@scenario("fail2ban-ban-drop", tap="client", rtt=60, action="drop",
          about="fail2ban with a rule that drops: banned after three wrong passwords, the next SYNs stay unanswered.")
def banned(lab, action):
    sshd(lab, ["PasswordAuthentication yes"])
    log = fail2ban(lab, tries=3, action=action)
    denied = [python_client(lab, "paramiko_client.py", "--password", f"secret{number}") for number in range(3)]
    deadline = time.monotonic() + 15
    while "Ban " not in log() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1)
    said = openssh(lab, ["ConnectTimeout=5"])
    how, by = ("icmp", "server-kernel") if action == "reject" else ("timeout", "server-kernel" if lab.spec.tap == "server" else "unknown")
    return [*(Truth("authentication", "fin", "client", "auth-denied", message=one.lines[-1], must_not=["too-many-auth-failures"])
              for one in denied),
            Truth("tcp-connect", how, by, "banned-by-fail2ban", message=said.first,
                  also=["fw-reject-icmp"] if action == "reject" else ["syn-no-answer", "cloud-security-group-drop"],
                  must_not=["closed-port", "host-unreachable"])]


@scenario("sslh-to-sshd", tap="client", rtt=17, what="healthy",
          about="sslh shares a port between sshd and HTTPS and hands the connection to sshd: a healthy login.")
@scenario("sslh-without-sshd", tap="client", rtt=17, what="no-sshd",
          about="sslh shares a port between sshd and HTTPS; no sshd runs behind it, so it closes on the client's identification.")
@scenario("sslh-without-sshd-v6", tap="server", family=6, rtt=60, what="no-sshd",
          about="IPv6, seen on the server: sslh closes on the client's identification, because no sshd runs behind it.")
def multiplexed(lab, what):
    if what == "healthy":
        sshd(lab, port=2022)
    sslh(lab, ssh_port=2022)
    said = openssh(lab)
    if what == "healthy":
        return [Truth("session", "fin", "client", "normal-close", must_not=_HEALTHY)]
    return [Truth("pre-banner", "fin-or-rst", "server-app", "lb-no-backend", message=said.first,
                  also=["child-dies-before-banner", "tcp-wrappers-deny"], must_not=["maxstartups-drop", "dpi-reset-on-banner", "rst-injected"])]


@scenario("ssh2-healthy", tap="router-client-side", rtt=17, what="healthy", about="ssh2 for Node.js logs in to OpenSSH and runs a command.")
@scenario("ssh2-denied-v6", tap="client", family=6, rtt=60, what="denied", about="IPv6: ssh2 for Node.js with a wrong password.")
@scenario("ssh2-no-common-kex", tap="server", rtt=17, what="kex", about="ssh2 for Node.js and OpenSSH without a common key exchange method.")
def node_client(lab, what):
    server = ["PasswordAuthentication yes"] + (["KexAlgorithms sntrup761x25519-sha512@openssh.com"] if what == "kex" else [])
    sshd(lab, server)
    said = ssh2_client(lab, "--password", "wrong-horse" if what == "denied" else PASSWORD)
    if what == "healthy":
        return [Truth("session", "fin", "client", "normal-close", must_not=_HEALTHY)]
    if what == "denied":
        return [Truth("authentication", "fin", "client", "auth-denied", message=said.lines[-1])]
    return [Truth("kexinit", "fin-or-rst", "both", "no-common-kex", message=said.lines[-1])]


@scenario("ssh2-server-openssh", tap="client", rtt=17, client="ssh", about="A server made with ssh2 for Node.js; OpenSSH logs in and runs a command.")
@scenario("ssh2-server-denied-v6", tap="server", family=6, rtt=60, client="denied",
          about="IPv6, seen on the server: a server made with ssh2 for Node.js refuses a wrong password.")
@scenario("ssh2-server-plink", tap="client", rtt=60, client="plink", about="A server made with ssh2 for Node.js and plink, which logs in.")
def node_server(lab, client):
    ssh2_server(lab)
    if client == "denied":
        said = openssh(lab, ["NumberOfPasswordPrompts=1"], password="wrong-horse", key=None, seconds=40)
        return [Truth("authentication", "fin", "client", "auth-denied", message=said.lines[-1], must_not=["normal-close"])]
    if client == "plink":
        said = plink(lab, password=PASSWORD, hostkey=openssh_fingerprint(lab))
    else:
        said = openssh(lab, password=PASSWORD, key=None)
    if said.code != 0:
        raise RuntimeError(f"the login failed: {said.lines}")
    return [Truth("session", "fin", "client", "normal-close", must_not=_HEALTHY)]

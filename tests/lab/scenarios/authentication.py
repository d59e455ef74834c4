"""The keys are exchanged; now it is about the host key and the user."""

import os
import signal
import subprocess
import time

from clients import dbclient, finish, openssh, openssh_start, plink, python_client
from lab import release_tree
from scenario import Truth, scenario
from servers import PASSWORD, dropbear, openssh_fingerprint, sshd, tinysshd

_DENIED = ["too-many-auth-failures", "server-closed", "server-reset", "normal-close"]


def _wrong_known_hosts(lab):
    """known_hosts that holds another key for the server."""
    with open(lab.path("stranger_key.pub"), encoding="ascii") as key:
        lab.write("known_hosts", f"{lab.server} {' '.join(key.read().split()[:2])}\n", 0o600)


@scenario("hostkey-changed-rtt17", tap="client", rtt=17,
          about="known_hosts holds another key for the server: StrictHostKeyChecking refuses.")
@scenario("hostkey-changed-v6-100", tap="server", family=6, rtt=60, release="trixie",
          about="IPv6, OpenSSH 10.0 server: known_hosts holds another key; round trip 60 ms.")
@scenario("hostkey-unknown-strict", tap="router-client-side", known=False,
          about="StrictHostKeyChecking=yes and a server that known_hosts does not hold.")
def host_key(lab, known=True, release=None):
    sshd(lab, release=release)
    if known:
        _wrong_known_hosts(lab)
    said = openssh(lab, strict="yes")
    return [Truth("new-keys", "fin", "client", "hostkey-rejected-by-client", message=said.line("Host key verification failed"),
                  also=["kex-signature-or-libcrypto-failure"], must_not=["auth-denied", "pmtu-blackhole-s2c"])]


@scenario("hostkey-changed-dropbear", tap="client", rtt=17,
          about="known_hosts holds another key for a dropbear server: StrictHostKeyChecking refuses.")
def host_key_dropbear(lab):
    dropbear(lab)
    _wrong_known_hosts(lab)
    said = openssh(lab, strict="yes")
    return [Truth("new-keys", "fin", "client", "hostkey-rejected-by-client", message=said.line("Host key verification failed"),
                  also=["kex-signature-or-libcrypto-failure"])]


@scenario("hostkey-rejected-asyncssh", tap="client", rtt=17,
          about="asyncssh does not find the server's key in its known hosts: it says so in a clear-text DISCONNECT.")
def host_key_asyncssh(lab):
    sshd(lab)
    _wrong_known_hosts(lab)
    said = python_client(lab, "asyncssh_client.py", "--key", lab.path("client_key"), "--known-hosts", lab.path("known_hosts"))
    return [Truth("new-keys", "fin", "client", "hostkey-rejected-by-client", message=said.lines[-1])]


@scenario("hostkey-rejected-plink", tap="client", rtt=60, about="plink -batch and a host key that is not the expected one.")
def host_key_plink(lab):
    sshd(lab)
    said = plink(lab, hostkey="SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    # plink leaves without reading on: a reset where the rest of the server's flush has arrived by then.
    return [Truth("new-keys", "fin-or-rst", "client", "hostkey-rejected-by-client", message=said.lines[-1],
              also=["kex-signature-or-libcrypto-failure"])]


@scenario("auth-denied-wrong-key", tap="client", rtt=17, about="A key that the server does not know, and nothing else to offer.")
@scenario("auth-denied-snaplen-96", tap="client", rtt=17, snaplen=96,
          about="A key that the server does not know; packets cut at 96 bytes in the capture.")
@scenario("auth-denied-wrong-key-v6-84", tap="server", family=6, rtt=60, release="bullseye",
          about="IPv6, OpenSSH 8.4 server: a key that the server does not know.")
@scenario("auth-denied-denyusers-gcm", tap="router-client-side", rtt=17, server=["DenyUsers labuser"],
          client=["Ciphers=aes256-gcm@openssh.com"], key="client_key",
          about="DenyUsers for a user with a good key; AES-GCM.")
@scenario("auth-denied-ctr-hmac", tap="client", client=["Ciphers=aes128-ctr", "MACs=hmac-sha1"],
          about="A wrong key, AES-CTR with HMAC-SHA1 (encrypt and MAC).")
@scenario("auth-denied-nobody-100", tap="client", rtt=60, release="trixie", user="nosuchuser",
          about="OpenSSH 10.0: a user who does not exist.")
def wrong_key(lab, server=(), client=(), key="stranger_key", release=None, user="labuser"):
    sshd(lab, list(server), release=release)
    said = openssh(lab, list(client), key=key, user=user)
    return [Truth("authentication", "fin", "client", "auth-denied", message=said.line("Permission denied"), must_not=_DENIED)]


@scenario("auth-denied-password-three-times", tap="client", rtt=17, about="Three wrong passwords, then the client gives up.")
@scenario("auth-denied-password-dropbear", tap="client", rtt=17, server="dropbear",
          about="Three wrong passwords to dropbear, which lets each answer wait.")
def wrong_password(lab, server="sshd"):
    sshd(lab) if server == "sshd" else dropbear(lab)
    said = openssh(lab, password="wrong-horse", key=None, seconds=40)
    return [Truth("authentication", "fin", "client", "auth-denied", message=said.first if "try again" not in said.first else said.lines[-1],
              must_not=_DENIED)]


@scenario("auth-denied-plink", tap="client", rtt=17, client="plink", about="plink with a wrong password to OpenSSH.")
@scenario("auth-denied-paramiko-v6", tap="client", family=6, rtt=60, client="paramiko", about="IPv6: paramiko with a wrong password.")
@scenario("auth-denied-asyncssh", tap="router-server-side", rtt=17, client="asyncssh",
          about="asyncssh with a key that the server does not know.")
def denied_others(lab, client):
    sshd(lab, ["PasswordAuthentication yes"])
    if client == "plink":
        said = plink(lab, password="wrong-horse", hostkey=openssh_fingerprint(lab))
    elif client == "paramiko":
        said = python_client(lab, "paramiko_client.py", "--password", "wrong-horse")
    else:
        said = python_client(lab, "asyncssh_client.py", "--key", lab.path("stranger_key"))
    return [Truth("authentication", "fin", "client", "auth-denied", message=said.lines[-1])]


@scenario("auth-denied-plink-074-v6", tap="server", family=6,
          about="IPv6: plink 0.74 cannot read the newer format of its key file and has no other method: the login is refused.")
def unreadable_key(lab):
    sshd(lab)
    said = plink(lab, hostkey=openssh_fingerprint(lab, "md5"), root=release_tree("bullseye"))
    said.line("PuTTY key format too new")
    return [Truth("authentication", "fin", "client", "auth-denied", must_not=["normal-close", "path-loss", "rst-injected"])]


@scenario("too-many-auth-failures-dbclient", tap="server", rtt=17, tries=6, dropbear_client=True,
          about="dbclient with a key that OpenSSH does not know and no terminal to ask for a password: it tries on until MaxAuthTries.")
@scenario("too-many-auth-failures-tries2", tap="client", rtt=17, tries=2,
          about="MaxAuthTries 2 and wrong passwords: the server sends an encrypted DISCONNECT and closes; the client's FIN crosses the server's.")
@scenario("too-many-auth-failures-server-tap", tap="server", rtt=60, tries=6,
          about="MaxAuthTries 6 and a client that tries password after password, seen on the server; round trip 60 ms.")
@scenario("too-many-auth-failures-agent-v6", tap="client", family=6, rtt=17, tries=6, many_keys=True,
          about="IPv6: a client with eight keys to offer, MaxAuthTries 6, as with a full agent.")
def too_many(lab, tries, many_keys=False, dropbear_client=False):
    sshd(lab, [f"MaxAuthTries {tries}", "PasswordAuthentication yes"])
    if dropbear_client:
        os.remove(lab.path("homes", "labuser", ".ssh", "authorized_keys"))
        message = dbclient(lab).lines[-1]
    elif many_keys:
        options = []
        for number in range(8):
            path = lab.path(f"agent_{number}")
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
            options.append(f"IdentityFile={path}")
        message = openssh(lab, options, key="stranger_key").line("Too many authentication failures")
    else:
        said = openssh(lab, [f"NumberOfPasswordPrompts={tries + 2}"], password="wrong-horse", key=None, seconds=60)
        message = said.line("Too many authentication failures")
    if "Too many authentication failures" not in lab.log_text("sshd"):
        raise RuntimeError("the server did not end it")
    return [Truth("authentication", "fin", "server-app", "too-many-auth-failures", message=message)]


@scenario("login-grace-at-password", tap="client", rtt=17, grace=5,
          about="The client waits at the password prompt until LoginGraceTime (5 s) runs out.")
@scenario("login-grace-at-password-v6-100", tap="server", family=6, rtt=60, grace=7, release="trixie",
          about="IPv6, OpenSSH 10.0: LoginGraceTime 7 s (plus this version's jitter) at the password prompt.")
def grace(lab, grace, release=None):
    sshd(lab, [f"LoginGraceTime {grace}"], release=release)
    lab.write("answer", PASSWORD)
    # The person answers only after the server has closed.
    client = openssh_start(lab, password=f"$(sleep {grace + 6}; cat {lab.path('answer')})", key=None)
    said = finish(lab, client, grace + 12, "ssh")
    return [Truth("authentication", "fin", "server-app", "login-grace-timeout", message=said.line("Connection closed by"),
              must_not=["auth-denied", "server-reset"])]


@scenario("client-leaves-at-password", tap="client", rtt=17, about="The user leaves at the password prompt.")
def leaves(lab):
    sshd(lab)
    client = openssh_start(lab, password="$(sleep 30)", key=None)
    time.sleep(2)
    os.killpg(client.pid, signal.SIGKILL)
    finish(lab, client, 5, "ssh")
    time.sleep(0.3)
    return [Truth("authentication", "fin", "client", "client-closed", also=["auth-denied"],
                  must_not=["login-grace-timeout", "server-closed"])]


@scenario("refuse-connection-100", tap="client", rtt=17,
          about="OpenSSH 10.0 with RefuseConnection for this user: it closes at the first authentication request.")
@scenario("refuse-connection-100-v6", tap="server", family=6, rtt=17,
          about="IPv6: OpenSSH 10.0 refuses the connection by rule at the first authentication request, seen on the server.")
def refuse(lab):
    sshd(lab, release="trixie", match="Match User labuser\n  RefuseConnection yes\n")
    said = openssh(lab)
    return [Truth("authentication", "fin", "server-app", "refuse-connection-rule", message=said.first,
              also=["server-closes-after-auth-request"], must_not=["auth-denied"])]


@scenario("auth-denied-tinysshd", tap="client", rtt=17, about="tinysshd and a key that it does not know.")
def tiny_denied(lab):
    tinysshd(lab)
    said = openssh(lab, key="stranger_key")
    return [Truth("authentication", "fin", "client", "auth-denied", message=said.first)]


@scenario("auth-request-unanswered", tap="client", rtt=17, wait=14,
          about="sshd asks a directory for the user's keys that does not answer (AuthorizedKeysCommand): no answer to the client's request, the user gives up.")
@scenario("auth-request-unanswered-v6", tap="server", family=6, rtt=60, wait=12,
          about="IPv6, seen on the server: AuthorizedKeysCommand hangs, the user gives up.")
def unanswered(lab, wait):
    sshd(lab, ["AuthorizedKeysCommand /usr/bin/sleep 40", "AuthorizedKeysCommandUser nobody"])
    client = openssh_start(lab, key="stranger_key")
    time.sleep(wait)
    os.killpg(client.pid, signal.SIGINT)
    finish(lab, client, 5, "ssh")
    time.sleep(0.3)
    return [Truth("authentication", "timeout", "client", "auth-none-response-hang", must_not=["auth-denied", "path-loss", "login-grace-timeout"])]


def _at_password(lab, number):
    """Stops the server's processes at the password prompt; when the password has arrived, this signal ends those of the login."""
    main = sshd(lab, ["PasswordAuthentication yes"], release=lab.spec.arguments.get("release"))
    client = openssh_start(lab, password="$(sleep 2; echo wrong-horse)", key=None)
    time.sleep(1.5 + 8 * lab.spec.rtt / 1000)
    pids = lab.server_processes(main)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5 + lab.spec.rtt / 1000)
    # The youngest is the one without privileges, which talks to the client.
    os.kill(max(pids), number)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    return finish(lab, client, 10, "ssh")


@scenario("auth-process-killed", tap="client", rtt=17, about="sshd's process is killed when the password has arrived, before its answer.")
@scenario("auth-process-killed-v6", tap="server", family=6, rtt=60,
          about="IPv6, seen on the server: sshd's process is killed when the password has arrived.")
def killed_at_password(lab):
    said = _at_password(lab, signal.SIGKILL)
    return [Truth("authentication", "fin-or-rst", "server-app", "server-closes-after-auth-request", message=said.line("Connection"),
                  also=["sshd-auth-crash"], must_not=["auth-denied", "too-many-auth-failures", "login-grace-timeout"])]


@scenario("auth-crash-penalty", tap="client", rtt=17, release="trixie",
          about="OpenSSH 10.0: the process that talks to the client crashes on the password (SIGSEGV); the address is then refused for the crash.")
@scenario("auth-crash-penalty-v6", tap="server", family=6, rtt=60, release="trixie",
          about="IPv6, OpenSSH 10.0, seen on the server: the login's process crashes, the address is refused for it.")
def crash(lab, release):
    said = _at_password(lab, signal.SIGSEGV)
    if "crash" not in lab.log_text("sshd"):
        raise RuntimeError("no crash in the log")
    refused = [openssh(lab) for _ in range(2)]
    return [Truth("authentication", "fin-or-rst", "server-app", "sshd-auth-crash", message=said.line("Connection"),
                  also=["server-closes-after-auth-request"], must_not=["auth-denied", "login-grace-timeout"]),
            *(Truth("pre-banner", "fin-or-rst", "server-app", "persource-penalty", message=said.first, must_not=["maxstartups-drop"])
              for said in refused)]


@scenario("brute-force-passwords", tap="server", rtt=17, tries=10,
          about="paramiko tries password after password, a connection for each.")
@scenario("brute-force-passwords-v6", tap="client", family=6, rtt=0, tries=12,
          about="IPv6: paramiko tries password after password, a connection for each.")
def guessing(lab, tries):
    sshd(lab, ["PasswordAuthentication yes"])
    said = [python_client(lab, "paramiko_client.py", "--password", f"secret{number}") for number in range(tries)]
    return [Truth("authentication", "fin", "client", "auth-denied", message=one.lines[-1], findings=["brute-force"],
                  must_not=["too-many-auth-failures"]) for one in said]

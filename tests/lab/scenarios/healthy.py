"""Logins that work, on good paths and bad ones: nothing here is a failure, whatever the packets look like."""

from clients import dbclient, openssh, plink, python_client
from lab import release_tree
from scenario import Truth, scenario
from servers import PASSWORD, dropbear, dropbear_fingerprint, openssh_fingerprint, sshd, tinysshd

_NO_FAULT = ["path-loss", "rst-injected", "pmtu-blackhole-c2s", "pmtu-blackhole-s2c", "auth-denied", "server-reset", "client-reset"]


def _healthy():
    return [Truth("session", "fin", "client", "normal-close", must_not=_NO_FAULT)]


def _check(said):
    if said.code != 0:
        raise RuntimeError(f"a healthy login failed: {said.lines}")


@scenario("healthy-chacha-rtt60", tap="client", rtt=60, about="Public key login, ChaCha20-Poly1305, round trip 60 ms.")
@scenario("healthy-gcm-server-tap", tap="server", rtt=17, client=["Ciphers=aes256-gcm@openssh.com"],
          about="Public key login, AES-GCM, seen on the server.")
@scenario("healthy-aead-other-macs", tap="client", rtt=17, client=["Ciphers=aes256-gcm@openssh.com", "MACs=hmac-sha1"],
          server=["MACs hmac-sha2-512-etm@openssh.com"],
          about="Public key login, AES-GCM: no MAC in common, and none needed.")
@scenario("healthy-ctr-etm-v6", tap="client", family=6, rtt=17, client=["Ciphers=aes128-ctr", "MACs=hmac-sha2-256-etm@openssh.com"],
          about="IPv6: public key login, AES-CTR with encrypt-then-MAC.")
@scenario("healthy-ctr-hmac", tap="router-client-side", client=["Ciphers=aes192-ctr", "MACs=hmac-sha2-512"],
          about="Public key login, AES-CTR with encrypt-and-MAC, RSA host key.")
@scenario("healthy-compression", tap="client", rtt=17, client=["Compression=yes"], about="Public key login with compression.")
@scenario("healthy-group-exchange", tap="client", rtt=17, client=["KexAlgorithms=diffie-hellman-group-exchange-sha256",
          "HostKeyAlgorithms=rsa-sha2-512"],
          about="Public key login, Diffie-Hellman group exchange, RSA host key.")
@scenario("healthy-server-100", tap="client", rtt=17, release="trixie", about="Public key login on OpenSSH 10.0.")
@scenario("healthy-server-84-v6", tap="server", family=6, release="bullseye", about="IPv6: public key login on OpenSSH 8.4.")
@scenario("healthy-lossy", tap="client", rtt=60, loss=0.08, seed=7,
          about="Public key login over a path that loses eight packets of a hundred.")
@scenario("healthy-lossy-server-tap-v6", tap="server", family=6, rtt=17, loss=0.1, seed=3,
          about="IPv6, seen on the server: login over a path that loses a tenth of the packets.")
@scenario("healthy-reordered", tap="client", rtt=17, jitter=40, seed=5,
          about="Public key login over a path where packets overtake each other.")
@scenario("healthy-lossy-reordered", tap="router-client-side", rtt=17, loss=0.05, jitter=30, seed=11,
          about="Public key login over a path that loses and reorders.")
@scenario("healthy-snaplen-96", tap="client", rtt=17, snaplen=96, about="Public key login, packets cut at 96 bytes in the capture.")
@scenario("healthy-one-direction-client", tap="client", rtt=17, expression=("src", "host", "192.0.2.10"),
          about="Public key login, only the client's packets captured.")
@scenario("healthy-one-direction-server", tap="router-client-side", rtt=17, expression=("src", "host", "203.0.113.20"),
          about="Public key login, only the server's packets captured.")
@scenario("healthy-without-handshake", tap="client", rtt=17, expression=("tcp[tcpflags] & tcp-syn == 0",),
          about="Public key login whose SYN and SYN-ACK are not in the capture.")
@scenario("healthy-mirror-merged", tap="router-client-side", mirror=True,
          about="Public key login captured on both sides of a router and merged: each packet twice.")
@scenario("healthy-any-interface", tap="router-client-side", interface="any",
          about="Public key login captured on all interfaces of a router (Linux cooked v2): each packet twice.")
@scenario("healthy-any-interface-v6", tap="router-client-side", family=6, interface="any",
          about="IPv6: login captured on all interfaces of a router (Linux cooked v2).")
@scenario("healthy-pcapng", tap="client", rtt=17, container="pcapng", about="Public key login in a pcapng file.")
@scenario("healthy-nanoseconds", tap="server", rtt=17, container="nsecpcap",
          about="Public key login in a pcap file with nanosecond time stamps.")
@scenario("healthy-no-timestamps", tap="client", rtt=17, sysctls=[("c", "net.ipv4.tcp_timestamps", 0)],
          about="Public key login without TCP time stamps.")
@scenario("healthy-server-ttl-128", tap="client", rtt=17, sysctls=[("s", "net.ipv4.ip_default_ttl", 128)],
          about="Public key login on a server whose packets start with TTL 128.")
@scenario("healthy-two-routers", tap="server", hops=2, rtt=60, about="Public key login over two routers, seen on the server.")
@scenario("healthy-port-2222", tap="client", rtt=17, ports=(2222,), about="Public key login on port 2222.")
def openssh_login(lab, client=(), server=(), release=None):
    sshd(lab, list(server), release=release)
    _check(openssh(lab, list(client), seconds=60))
    return _healthy()


@scenario("healthy-password", tap="client", rtt=17, about="Password login: key offered in vain, password right.")
@scenario("healthy-password-second-try-v6", tap="server", family=6, rtt=17, wrong_key=True,
          about="IPv6: a key that is refused, then the right password.")
def password_login(lab, wrong_key=False):
    sshd(lab)
    _check(openssh(lab, password=PASSWORD, key="stranger_key" if wrong_key else None, seconds=30))
    return _healthy()


@scenario("healthy-dropbear-openssh", tap="client", rtt=17, client="openssh", about="OpenSSH client on dropbear, public key.")
@scenario("healthy-dropbear-dbclient", tap="server", rtt=60, client="dbclient", about="dbclient on dropbear, public key.")
@scenario("healthy-dropbear-plink-v6", tap="client", family=6, rtt=17, client="plink", about="IPv6: plink on dropbear, public key.")
@scenario("healthy-dropbear-password", tap="client", client="password", about="dbclient on dropbear with a password.")
def dropbear_login(lab, client):
    dropbear(lab)
    if client == "openssh":
        _check(openssh(lab))
    elif client == "dbclient":
        _check(dbclient(lab))
    elif client == "plink":
        _check(plink(lab, hostkey=dropbear_fingerprint(lab)))
    else:
        _check(dbclient(lab, password=PASSWORD))
    return _healthy()


@scenario("healthy-tinysshd-openssh", tap="client", rtt=17, about="OpenSSH client on tinysshd, public key.")
@scenario("healthy-tinysshd-openssh-v6", tap="server", family=6, about="IPv6: OpenSSH client on tinysshd, public key.")
def tinysshd_login(lab):
    tinysshd(lab)
    _check(openssh(lab))
    return _healthy()


@scenario("healthy-dbclient", tap="client", rtt=17, client="dbclient", about="dbclient on OpenSSH, public key.")
@scenario("healthy-plink", tap="client", rtt=60, client="plink", about="plink 0.78 on OpenSSH, password.")
@scenario("healthy-plink-074-v6", tap="server", family=6, client="plink-old", about="IPv6: plink 0.74 on OpenSSH, password.")
@scenario("healthy-paramiko", tap="client", rtt=17, client="paramiko", about="paramiko on OpenSSH, public key.")
@scenario("healthy-paramiko-2-password", tap="router-server-side", rtt=17, client="paramiko-old", about="paramiko 2 on OpenSSH, password.")
@scenario("healthy-asyncssh-v6", tap="client", family=6, rtt=17, client="asyncssh", about="IPv6: asyncssh on OpenSSH, public key.")
@scenario("healthy-openssh-100-client", tap="client", rtt=17, client="openssh-10", about="OpenSSH 10.0 client on OpenSSH 9.2, public key.")
@scenario("healthy-openssh-84-client", tap="client", rtt=60, client="openssh-8", about="OpenSSH 8.4 client on OpenSSH 9.2, public key.")
def other_client(lab, client):
    sshd(lab)
    if client == "dbclient":
        said = dbclient(lab)
    elif client == "plink":
        said = plink(lab, password=PASSWORD, hostkey=openssh_fingerprint(lab))
    elif client == "plink-old":
        said = plink(lab, password=PASSWORD, hostkey=openssh_fingerprint(lab, "md5"), root=release_tree("bullseye"))
    elif client == "paramiko":
        said = python_client(lab, "paramiko_client.py", "--key", lab.path("client_key"))
    elif client == "paramiko-old":
        said = python_client(lab, "paramiko_client.py", "--password", PASSWORD, venv="python-old")
    elif client == "asyncssh":
        said = python_client(lab, "asyncssh_client.py", "--key", lab.path("client_key"))
    else:
        said = openssh(lab, root=release_tree("trixie" if client == "openssh-10" else "bullseye"))
    _check(said)
    if "Accepted" not in lab.log_text("sshd"):  # plink exits with 0 even when it was refused
        raise RuntimeError(f"the server did not let it in: {said.lines}")
    return _healthy()

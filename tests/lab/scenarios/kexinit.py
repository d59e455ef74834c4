"""Both sides speak SSH and find nothing in common."""

from clients import dbclient, openssh, plink, python_client
from lab import release_tree
from scenario import Truth, scenario
from servers import dropbear, sshd, tinysshd

_CTR = "Ciphers=aes128-ctr"


@scenario("no-common-kex-rtt0", tap="client", client=["KexAlgorithms=curve25519-sha256"],
          server=["KexAlgorithms diffie-hellman-group14-sha256"], slot="kex",
          about="OpenSSH 9.2 on both sides, no key exchange method in common, no added delay.")
@scenario("no-common-kex-rtt60-server-tap", tap="server", rtt=60, client=["KexAlgorithms=ecdh-sha2-nistp256"],
          server=["KexAlgorithms curve25519-sha256"], slot="kex",
          about="No key exchange method in common, round trip 60 ms, seen on the server.")
@scenario("no-common-kex-84-100-v6", tap="router-client-side", family=6, rtt=17, client=["KexAlgorithms=diffie-hellman-group14-sha1"],
          server=[], slot="kex", release="trixie",
          about="IPv6: a client that offers only diffie-hellman-group14-sha1 to OpenSSH 10.0.")
@scenario("no-common-kex-mirror", tap="router-client-side", mirror=True, client=["KexAlgorithms=curve25519-sha256"],
          server=["KexAlgorithms ecdh-sha2-nistp384"], slot="kex",
          about="No key exchange method in common, captured on both sides of a router and merged: each packet twice.")
@scenario("no-common-hostkey-rtt60", tap="client", rtt=60, client=["HostKeyAlgorithms=rsa-sha2-512"], server=[], keys=("ed25519",),
          slot="hostkey",
          about="The server has only an Ed25519 host key, the client wants RSA; round trip 60 ms.")
@scenario("no-common-hostkey-server-tap-v6", tap="server", family=6, client=["HostKeyAlgorithms=ssh-ed25519"], server=[], keys=("rsa",),
          slot="hostkey",
          about="IPv6: the server has only an RSA host key, the client wants Ed25519.")
@scenario("no-common-cipher-rtt17", tap="client", rtt=17, client=["Ciphers=aes128-cbc"],
          server=["Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com"], slot="cipher",
          about="An old client's only cipher is aes128-cbc, the server offers modern ones.")
@scenario("no-common-cipher-84-server", tap="router-server-side", rtt=60, client=["Ciphers=aes256-gcm@openssh.com"],
          server=["Ciphers 3des-cbc"], slot="cipher", release="bullseye",
          about="OpenSSH 8.4 as the server offers only 3des-cbc; round trip 60 ms.")
@scenario("no-common-mac-rtt17", tap="client", rtt=17, client=[_CTR, "MACs=hmac-sha1"], server=["MACs hmac-sha2-512-etm@openssh.com"],
          slot="mac",
          about="The only common cipher needs a MAC and there is none in common.")
@scenario("no-common-mac-rtt60-server-tap", tap="server", rtt=60, client=[_CTR, "MACs=hmac-md5"], server=["MACs umac-64@openssh.com"],
          slot="mac",
          about="No MAC in common, round trip 60 ms, seen on the server.")
def openssh_pair(lab, client, server, slot, keys=("ed25519", "ecdsa", "rsa"), release=None):
    sshd(lab, server, release=release, host_keys=keys)
    said = openssh(lab, client)
    return [Truth("kexinit", "fin", "both", f"no-common-{slot}", message=said.line("Unable to negotiate"),
                  must_not=["banner-then-close", "kexinit-too-big-for-peer"])]


@scenario("no-common-kex-dropbear-rtt60", tap="client", rtt=60, client=["KexAlgorithms=diffie-hellman-group18-sha512"], slot="kex",
          about="dropbear and an OpenSSH client that offers only diffie-hellman-group18-sha512; round trip 60 ms.")
@scenario("no-common-cipher-dropbear", tap="server", rtt=17, client=["Ciphers=aes128-gcm@openssh.com"], slot="cipher",
          about="dropbear and an OpenSSH client that offers only AES-GCM.")
@scenario("no-common-mac-dropbear-v6", tap="client", family=6, client=[_CTR, "MACs=umac-128@openssh.com"], slot="mac",
          about="IPv6: dropbear and an OpenSSH client that offers only UMAC.")
@scenario("no-common-hostkey-dropbear", tap="router-client-side", rtt=17, client=["HostKeyAlgorithms=ecdsa-sha2-nistp256"], slot="hostkey",
          about="dropbear has only an Ed25519 host key, the OpenSSH client wants ECDSA.")
def to_dropbear(lab, client, slot):
    dropbear(lab)
    said = openssh(lab, client)
    return [Truth("kexinit", "fin", "both", f"no-common-{slot}", message=said.line("Unable to negotiate"))]


@scenario("no-common-kex-dbclient-rtt17", tap="client", rtt=17,
          about="dbclient and an OpenSSH server that offers only ML-KEM and group 18.")
def from_dbclient(lab):
    sshd(lab, ["KexAlgorithms diffie-hellman-group18-sha512"])
    said = dbclient(lab)
    return [Truth("kexinit", "fin", "both", "no-common-kex", message=said.line("No matching algo kex"))]


@scenario("no-common-cipher-dbclient", tap="server", rtt=60,
          about="dbclient and an OpenSSH server that offers only AES-GCM; round trip 60 ms.")
def from_dbclient_cipher(lab):
    sshd(lab, ["Ciphers aes256-gcm@openssh.com"])
    said = dbclient(lab)
    return [Truth("kexinit", "fin", "both", "no-common-cipher", message=said.line("No matching algo"))]


@scenario("no-common-kex-plink-rtt17", tap="client", rtt=17, server=["KexAlgorithms sntrup761x25519-sha512@openssh.com"], slot="kex",
          release="bullseye",
          about="plink 0.74 and an OpenSSH 9.2 server that offers only sntrup761.")
@scenario("no-common-cipher-plink-rtt60", tap="client", rtt=60, server=["Ciphers aes128-gcm@openssh.com"], slot="cipher",
          release="bullseye",
          about="plink 0.74 (no AES-GCM) and an OpenSSH server that offers only AES-GCM; round trip 60 ms.")
@scenario("no-common-mac-plink-server-tap", tap="server", rtt=17, server=["Ciphers aes128-ctr", "MACs umac-128@openssh.com"], slot="mac",
          about="plink 0.78 and an OpenSSH server whose only MAC is UMAC.")
@scenario("no-common-hostkey-plink-v6", tap="client", family=6, server=["HostKeyAlgorithms rsa-sha2-512"], slot="hostkey", keys=("rsa",),
          release="bullseye",
          about="IPv6: plink 0.74 knows RSA host keys only with SHA-1 signatures, the server gives only rsa-sha2-512.")
def from_plink(lab, server, slot, keys=("ed25519", "ecdsa", "rsa"), release=None):
    sshd(lab, server, host_keys=keys)
    said = plink(lab, root=release_tree(release))
    return [Truth("kexinit", "fin", "both", f"no-common-{slot}", message=said.first)]


@scenario("no-common-kex-paramiko", tap="client", rtt=17, only="kex=diffie-hellman-group14-sha256",
          server=["KexAlgorithms curve25519-sha256"], slot="kex",
          about="paramiko and OpenSSH without a common key exchange method.")
@scenario("no-common-cipher-paramiko-rtt60", tap="client", rtt=60, only="ciphers=aes128-cbc", server=["Ciphers aes256-gcm@openssh.com"],
          slot="cipher",
          about="paramiko and OpenSSH without a common cipher, round trip 60 ms.")
@scenario("no-common-compression-paramiko", tap="server", rtt=17, only="compression=zlib", server=["Compression delayed"],
          slot="compression",
          about="A client (paramiko) that insists on the old zlib compression, which OpenSSH no longer offers before authentication.")
@scenario("no-common-compression-paramiko-v6", tap="client", family=6, only="compression=zlib", server=["Compression no"],
          slot="compression",
          about="IPv6: a client that insists on zlib and a server with Compression no.")
def from_paramiko(lab, only, server, slot):
    sshd(lab, server)
    said = python_client(lab, "paramiko_client.py", "--key", lab.path("client_key"), "--only", only)
    return [Truth("kexinit", "fin", "both", f"no-common-{slot}", message=said.lines[-1])]


@scenario("no-common-kex-asyncssh", tap="client", rtt=17,
          about="asyncssh and OpenSSH without a common key exchange method: asyncssh says so with a DISCONNECT message.")
def from_asyncssh(lab):
    sshd(lab, ["KexAlgorithms curve25519-sha256"])
    said = python_client(lab, "asyncssh_client.py", "--key", lab.path("client_key"), "--kex", "diffie-hellman-group14-sha256")
    return [Truth("kexinit", "fin", "both", "no-common-kex", message=said.lines[-1])]


@scenario("no-common-cipher-tinysshd", tap="client", rtt=17, options=["Ciphers=aes128-ctr"], slot="cipher",
          about="tinysshd knows only ChaCha20-Poly1305, the OpenSSH client offers only AES.")
@scenario("no-common-hostkey-tinysshd-v6", tap="server", family=6, options=["HostKeyAlgorithms=ecdsa-sha2-nistp256"], slot="hostkey",
          about="IPv6: tinysshd has only an Ed25519 host key, the client wants ECDSA.")
def to_tinysshd(lab, options, slot):
    tinysshd(lab)
    said = openssh(lab, options)
    return [Truth("kexinit", "fin", "both", f"no-common-{slot}", message=said.line("Unable to negotiate"))]


@scenario("server-without-usable-hostkey-v6", tap="client", family=6, client="plink",
          about="IPv6: sshd's HostKeyAlgorithms leave none of its host keys usable: it closes after the identifications, before its KEXINIT.")
@scenario("server-without-usable-hostkey", tap="router-client-side", rtt=17, client="ssh",
          about="sshd's HostKeyAlgorithms leave none of its host keys usable: it closes after the identifications, before its KEXINIT.")
def no_usable_hostkey(lab, client):
    sshd(lab, ["HostKeyAlgorithms ssh-dss"], host_keys=("ed25519",))
    said = plink(lab) if client == "plink" else openssh(lab)
    return [Truth("banner-or-kexinit", "fin-or-rst", "server-app", "banner-then-close", message=said.first,
              also=["kexinit-too-big-for-peer"], must_not=["no-common-hostkey"])]


@scenario("dropbear-offers-missing-hostkey", tap="client", rtt=17,
          about="dropbear offers RSA host key algorithms though it has only an Ed25519 key; the client takes RSA, and dropbear closes.")
def missing_host_key(lab):
    dropbear(lab)
    said = openssh(lab, ["HostKeyAlgorithms=rsa-sha2-256"])
    return [Truth("key-exchange", "fin-or-rst", "server-app", "server-dies-in-kex", message=said.line("Connection"),
              must_not=["no-common-hostkey"])]

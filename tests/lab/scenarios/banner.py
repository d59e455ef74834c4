"""The server spoke, or the client did, but not SSH, or not the same SSH."""

import subprocess
import time

from clients import openssh, openssh_start, finish, program, python_client
from packet import damaged
from scenario import Truth, scenario
from servers import dropbear, haproxy, listener, nginx, sshd


def _ending(result):
    return ("rst" if "reset by" in (result.first or "") else "fin"), result.first


@scenario("nginx-on-port-22", tap="client", rtt=17,
          about="nginx listens on port 22: it answers ssh's identification with 400 Bad Request and closes.")
@scenario("nginx-on-port-443-v6", tap="server", family=6, ports=(443,),
          about="IPv6: ssh to the HTTP port of nginx (443 without TLS), seen on the server.")
def http(lab):
    nginx(lab, f"listen [::]:{lab.port} ipv6only=off; return 204;")
    said = openssh(lab)
    how, message = _ending(said)
    return [Truth("banner", how, "server-app", "not-ssh-http", message=message)]


def certificate(lab):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
              "-subj", "/CN=lab.example",
                    "-keyout", lab.path("tls.key"), "-out", lab.path("tls.crt")], check=True, capture_output=True)
    return f"ssl_certificate {lab.path('tls.crt')}; ssl_certificate_key {lab.path('tls.key')};"


@scenario("nginx-tls-on-443", tap="client", rtt=17, ports=(443,),
          about="ssh to nginx's TLS port: nginx takes the identification for plain HTTP and answers 400 Bad Request.")
def tls_nginx(lab):
    nginx(lab, f"listen [::]:{lab.port} ipv6only=off ssl; {certificate(lab)} return 204;")
    said = openssh(lab)
    how, message = _ending(said)
    return [Truth("banner", how, "server-app", "not-ssh-http", message=message, also=["not-ssh-tls"])]


@scenario("haproxy-tls-port", tap="client", rtt=60, ports=(443,),
          about="ssh to a TLS port of haproxy, which closes without a word when no ClientHello comes.")
def tls_haproxy(lab):
    certificate(lab)
    with open(lab.path("both.pem"), "w", encoding="ascii") as both:
        for name in ("tls.crt", "tls.key"):
            with open(lab.path(name), encoding="ascii") as part:
                both.write(part.read())
    haproxy(lab, f"defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 30s\n  timeout server 30s\n"
                 f"frontend f\n  bind :::{lab.port} v4v6 ssl crt {lab.path('both.pem')}\n  default_backend b\nbackend b\n  server s 127.0.0.1:9\n")
    said = openssh(lab)
    return [Truth("pre-banner", "fin", "server-app", "server-closed", message=said.line("closed by remote host"),
                  also=["lb-no-backend", "not-ssh-tls", "not-ssh-other"], must_not=["tcp-wrappers-deny"])]


@scenario("tls-alert", tap="client", rtt=17, ports=(4433,),
          about="ssh to a TLS server that answers with a TLS alert record; the client, with bytes unread, resets.")
@scenario("tls-alert-v6-server-tap", tap="server", family=6, ports=(4433,),
          about="IPv6, seen on the server: a TLS alert record for an answer, at which the client resets.")
def tls_alert(lab):
    listener(lab, "answer:tlsalert", seconds=0.01)
    said = openssh(lab)
    return [Truth("banner", "rst", "client", "not-ssh-tls", message=said.line("invalid characters"))]


@scenario("smtp-greeting", tap="client", rtt=17, ports=(25,), text="smtp",
          about="ssh to a mail server: it greets with 220 and waits; the client's ConnectTimeout ends it.")
@scenario("ftp-greeting-v6", tap="server", family=6, ports=(21,), text="ftp",
          about="IPv6: ssh to an FTP server that greets with 220 and waits, seen on the server.")
def greeting(lab, text):
    listener(lab, f"greet:{text}")
    said = openssh(lab, ["ConnectTimeout=3"])
    return [Truth("banner", "timeout", "client", "not-ssh-smtp-ftp", message=said.first, must_not=["server-silent", "sshd-not-accepting"])]


@scenario("smtp-greeting-then-close", tap="router-client-side", rtt=60,
          about="A mail server greets with 220 and closes after the client's identification.")
def greeting_close(lab):
    listener(lab, "say:smtp", seconds=0.05)
    said = openssh(lab)
    how, message = _ending(said)
    return [Truth("banner", how, "server-app", "not-ssh-smtp-ftp", message=message)]


@scenario("mysql-on-port-22", tap="client", rtt=17, text="mysql",
          about="A database server's binary greeting on port 22: the client finds invalid characters and closes.")
@scenario("telnet-on-port-22", tap="client", text="telnet", about="A telnet server's option negotiation on port 22.")
@scenario("imap-on-port-22", tap="router-server-side", rtt=17, text="imap",
          about="An IMAP server's greeting on port 22; the client's ConnectTimeout ends it.")
def other(lab, text):
    listener(lab, f"greet:{text}")
    said = openssh(lab, ["ConnectTimeout=3"])
    # Invalid characters make the client close with the rest unread: a reset.
    return [Truth("banner", "timeout" if "timed out" in said.first else "rst", "client", "not-ssh-other", message=said.first,
              must_not=["server-silent"])]


@scenario("tarpit-lines", tap="client", rtt=17,
          about="A tarpit sends a short random line every 1.5 s and never an identification; the user gives up after 12 s.")
def tarpit(lab):
    listener(lab, "tarpit", seconds=1.5)
    client = openssh_start(lab)
    said = finish(lab, client, 12, "ssh")
    return [Truth("banner", "fin", "client", "tarpit", message=said.first, also=["server-says-text-then-close", "client-closed"])]


@scenario("banner-then-reset", tap="client", rtt=17, behaviour="banner-then-close", how="rst", seconds=1.0,
          about="A gateway sends an SSH identification and closes a second later with the client's bytes unread.")
@scenario("banner-then-fin-v6", tap="server", family=6, behaviour="banner-read-close", how="fin", seconds=0.5,
          about="IPv6: a gateway sends an SSH identification, reads everything and closes in good order without a KEXINIT.")
def banner_close(lab, behaviour, how, seconds):
    listener(lab, behaviour, seconds=seconds)
    said = openssh(lab)
    return [Truth("kexinit", how, "server-app", "banner-then-close", message=said.first, also=["kexinit-too-big-for-peer"],
              must_not=["no-common-kex", "pmtu-blackhole-c2s"])]


@scenario("client-sends-http", tap="server", rtt=17, what="http",
          about="An HTTP request to sshd 9.2's port: sshd says Invalid SSH identification string.")
@scenario("client-sends-tls-v6", tap="client", family=6, what="tls", about="IPv6: a TLS ClientHello to sshd's port.")
@scenario("client-sends-proxy-header", tap="router-client-side", rtt=17, what="proxy", also=("proxy-protocol-to-sshd",),
          lead="proxy-protocol-to-sshd",
          about="A load balancer's PROXY protocol line before the identification, to an sshd that expects none.")
@scenario("client-sends-http-sshd-100", tap="client", rtt=60, what="http", release="trixie",
          about="An HTTP request to OpenSSH 10.0's port.")
def client_invalid(lab, what, also=(), lead="client-banner-invalid", release=None):
    sshd(lab, release=release)
    process = program(lab, "c", "raw.py", lab.server, lab.port, what, log="raw-client")
    process.wait(timeout=15)
    how = "rst" if "reset by peer" in lab.log_text("raw-client") else "fin"
    return [Truth("banner", how, "server-app", lead, also=[name for name in ("client-banner-invalid", *also) if name != lead])]


@scenario("client-sends-http-dropbear", tap="client", rtt=17,
          about="An HTTP request to dropbear's port: it has sent its identification and KEXINIT, and resets.")
def client_invalid_dropbear(lab):
    dropbear(lab)
    process = program(lab, "c", "raw.py", lab.server, lab.port, "http", log="raw-client")
    process.wait(timeout=15)
    how = "rst" if "reset by peer" in lab.log_text("raw-client") else "fin"
    return [Truth("banner", how, "server-app", "client-banner-invalid")]


@scenario("ssh1-client", tap="client", rtt=17, about="A client that speaks only SSH-1.5 to OpenSSH 9.2: Protocol major versions differ.")
def ssh1_client(lab):
    sshd(lab)
    program(lab, "c", "raw.py", lab.server, lab.port, "ssh1", log="raw-client").wait(timeout=15)
    return [Truth("banner", "fin", "server-app", "protocol-major-mismatch", must_not=["client-banner-invalid"])]


@scenario("ssh1-server", tap="client", rtt=17, about="An old device identifies itself as SSH-1.5; OpenSSH's client refuses.")
@scenario("ssh1-server-v6-server-tap", tap="server", family=6, about="IPv6: an old device that speaks only SSH-1.5, seen on the device.")
def ssh1_server(lab):
    listener(lab, "greet:ssh1")
    said = openssh(lab)
    return [Truth("banner", "fin", "client", "protocol-major-mismatch", message=said.line("Protocol major versions differ"))]


@scenario("silent-client-grace", tap="client", rtt=17, grace=4,
          about="A client that connects and never says anything; sshd's LoginGraceTime (4 s) ends it.")
@scenario("silent-client-grace-100-v6", tap="server", family=6, grace=6, release="trixie",
          about="IPv6, OpenSSH 10.0: a silent client, LoginGraceTime 6 s (plus the jitter of this version).")
def silent_client(lab, grace, release=None):
    sshd(lab, [f"LoginGraceTime {grace}"], release=release)
    program(lab, "c", "raw.py", lab.server, lab.port, "silent", log="raw-client").wait(timeout=30)
    return [Truth("banner", "fin", "server-app", "banner-timeout-client-silent", also=["login-grace-timeout"])]


@scenario("health-check-touch", tap="server", rtt=17, count=3, seconds=0.2,
          about="A load balancer's health check every second: it connects, leaves the server's identification unread and closes 0.2 s later.")
@scenario("health-check-touch-v6", tap="client", family=6, count=2, seconds=0.2,
          about="IPv6: a health check that connects and closes 0.2 s later, twice.")
@scenario("health-check-immediate", tap="client", rtt=17, count=3, seconds=0, phase="pre-banner",
          about="A health check that closes as soon as it is connected, before the server's identification arrives.")
def health_check(lab, count, seconds, phase="banner"):
    sshd(lab)
    for _ in range(count):
        program(lab, "c", "raw.py", lab.server, lab.port, f"touch:{seconds}").wait(timeout=10)
        time.sleep(1)
    # With the identification unread the client's kernel resets, else it sends a FIN.
    return [Truth(phase, "fin-or-rst", "client", "health-check-probe",
                  also=["client-closed", "client-reset", "rst-by-client"]) for _ in range(count)]


@scenario("paramiko-banner-timeout", tap="client", rtt=17,
          about="paramiko to a listener that never speaks: it gives up after its banner timeout of 3 s.")
def paramiko_silent(lab):
    listener(lab, "mute")
    said = python_client(lab, "paramiko_client.py", "--banner-timeout", 3, "--key", lab.path("client_key"))
    return [Truth("pre-banner", "timeout", "client", "server-silent", message=said.lines[-1], also=["slow-banner-dns"])]


@scenario("identification-without-software", tap="client", rtt=17, what="nosoftware",
          about="A server's identification names no software (`SSH-2.0-`): OpenSSH's client does not take it.")
@scenario("identification-with-nul-v6", tap="server", family=6, rtt=60, what="nul",
          about="IPv6: a NUL in the server's identification.")
def noncompliant(lab, what):
    listener(lab, f"greet:{what}", 5)
    said = openssh(lab)
    return [Truth("banner", "fin-or-rst", "client", "banner-noncompliant", message=said.first, must_not=["not-ssh-on-port", "banner-then-close"])]


def garble_kexinit(direction, segment, frame, bump):
    """Damages the first byte of the server's KEXINIT, its length, and mends the checksum."""
    if segment and direction == "s2c" and len(segment.payload) > 300 and not bump.seen.get("done"):
        bump.seen["done"] = True
        return [(0, direction, damaged(segment, frame, 0))]
    return None


@scenario("packet-length-damaged", tap="client", rtt=17, policy=garble_kexinit,
          about="A device damages the length of the server's KEXINIT and mends the checksum: `Bad packet length`.")
@scenario("packet-length-damaged-v6", tap="router-client-side", family=6, rtt=60, policy=garble_kexinit,
          about="IPv6: a device damages the length of the server's KEXINIT and mends the checksum.")
def damaged_length(lab):
    sshd(lab)
    said = openssh(lab)
    return [Truth("kexinit", "fin-or-rst", "client", "packet-invalid", message=said.first, must_not=["no-common-kex", "banner-then-close"])]


@scenario("text-instead-of-kexinit", tap="client", rtt=17,
          about="A server that identifies itself and then prints an error in plain text where its KEXINIT must stand.")
def text_for_kexinit(lab):
    listener(lab, "garble", 0.3)
    said = openssh(lab)
    return [Truth("kexinit", "fin-or-rst", "client", "packet-invalid", message=said.first, must_not=["no-common-kex", "banner-then-close"])]


@scenario("private-protocol-on-22", tap="client", rtt=17,
          about="A program with a protocol of its own on port 22, and its client: nobody speaks SSH.")
@scenario("private-protocol-on-22-v6", tap="server", family=6, rtt=60,
          about="IPv6: a program with a protocol of its own on port 22, and its client.")
def private(lab):
    listener(lab, "answer-bytes:private", 1)
    program(lab, "c", "raw.py", lab.server, lab.port, "private").wait(timeout=8)
    time.sleep(0.2)
    return [Truth("banner", "fin", "server-app", "not-ssh-on-port", must_not=["server-silent", "client-banner-invalid"])]

"""The handshake is done and the server says nothing, or only a refusal."""

import signal
import subprocess
import time

from clients import finish, openssh, openssh_start, program
from scenario import Truth, scenario
from servers import dropbear, freeze, haproxy, listener, sshd


def _ending(result):
    """Whether the reset or the close won: it decides what ssh prints, and it differs from run to run."""
    how = "rst" if "reset by" in (result.first or "") else "fin"
    return how, result.first


def _fill(lab, count, wait=0.4):
    """Raw clients that connect and stay silent, so that the server counts them as unauthenticated."""
    silent = program(lab, "c", "raw.py", lab.server, lab.port, "hold", count)
    time.sleep(wait)
    return silent


def _holding(count):
    return [Truth("banner", "fin", "client", "health-check-probe",
                  also=["client-closed", "banner-timeout-client-silent"]) for _ in range(count)]


@scenario("maxstartups-92-rtt17", tap="client", rtt=17, text="Exceeded MaxStartups",
          about="OpenSSH 9.2 with MaxStartups 2: two silent connections are open, the third is told Exceeded MaxStartups and closed.")
@scenario("maxstartups-92-lan-server-tap", tap="server", text="Exceeded MaxStartups",
          about="OpenSSH 9.2 with MaxStartups 2 on a LAN, seen on the server: the third connection is told Exceeded MaxStartups.")
@scenario("maxstartups-84-v6", tap="router-client-side", family=6, rtt=60, text="Exceeded MaxStartups", release="bullseye",
          about="OpenSSH 8.4 over IPv6 with MaxStartups 2: the third connection is told Exceeded MaxStartups.")
@scenario("maxstartups-92-pcapng", tap="server", rtt=17, text="Exceeded MaxStartups", container="pcapng",
          about="OpenSSH 9.2 with MaxStartups 2 in a pcapng file: the third connection is told Exceeded MaxStartups.")
@scenario("maxstartups-100", tap="client", rtt=17, text="Not allowed at this time", release="trixie",
          about="OpenSSH 10.0 with MaxStartups 2: the third connection is told Not allowed at this time.")
def maxstartups(lab, text, release=None):
    sshd(lab, ["MaxStartups 2", "PerSourcePenalties no"] if release == "trixie" else ["MaxStartups 2"], release=release)
    silent = _fill(lab, 2)
    said = openssh(lab, ["LogLevel=INFO"])
    how, message = _ending(said)
    lab.stop(silent)
    time.sleep(lab.spec.rtt / 1000 + 0.1)
    also = [] if text.startswith("Exceeded") else ["persource-penalty"]
    return _holding(2) + [Truth("pre-banner", how, "server-app", "maxstartups-drop", message=message, also=also,
              must_not=["child-dies-before-banner", "tcp-wrappers-deny"])]


@scenario("persource-penalty-authfail", tap="client", rtt=17, tries=5,
          about="OpenSSH 10.0 counts failed logins: after several refused logins of this client every further connection is told Not allowed at this time.")
@scenario("persource-penalty-v6", tap="server", family=6, rtt=0, tries=5,
          about="OpenSSH 10.0 over IPv6: after several refused logins the source is penalised and told Not allowed at this time.")
def penalty(lab, tries):
    sshd(lab, release="trixie")
    truths = []
    for _ in range(tries):
        said = openssh(lab, key="stranger_key")
        if "Permission denied" in (said.first or ""):
            truths.append(Truth("authentication", "fin", "client", "auth-denied", message=said.first))
        else:
            how, message = _ending(said)
            truths.append(Truth("pre-banner", how, "server-app", "persource-penalty", message=message, also=["maxstartups-drop"]))
    if truths[-1].id != "persource-penalty" or truths[0].id != "auth-denied":
        raise RuntimeError("the penalty did not come as planned")
    return truths


@scenario("tcp-wrappers-deny-rtt17", tap="client", rtt=17,
          about="Debian's sshd with TCP wrappers: hosts.deny refuses the client; libwrap waits 5 s before it exits.")
@scenario("tcp-wrappers-deny-v6-server-tap", tap="server", family=6,
          about="TCP wrappers over IPv6, seen on the server: reset after 5 s with nothing said.")
@scenario("tcp-wrappers-deny-100", tap="router-server-side", rtt=60, release="trixie",
          about="TCP wrappers in Debian's OpenSSH 10.0 (sshd-session): reset after 5 s.")
def wrappers(lab, release=None):
    sshd(lab, release=release, hosts_deny="sshd: ALL")
    said = openssh(lab)
    return [Truth("pre-banner", "rst", "server-app", "tcp-wrappers-deny", message=said.line("reset by peer"),
              must_not=["child-dies-before-banner", "maxstartups-drop"])]


@scenario("listener-closes-after-5s-having-read", tap="client", rtt=17, seconds=5.0,
          about="Looks like TCP wrappers and is not: a listener reads the identification and closes in good order after 5 s.")
def reads_then_closes(lab, seconds):
    listener(lab, "close-read", seconds=seconds)
    said = openssh(lab)
    return [Truth("pre-banner", "fin", "server-app", "server-closed", message=said.line("closed by remote host"),
                  also=["lb-no-backend", "not-ssh-other"], must_not=["tcp-wrappers-deny", "child-dies-before-banner"])]


@scenario("child-dies-rexec-missing", tap="client", rtt=17, tries=3,
          about="The file of sshd's per-connection program is gone (a broken upgrade): the child dies before its banner, three times of three.")
@scenario("child-dies-rexec-missing-v6", tap="server", family=6, tries=2,
          about="IPv6, seen on the server: the per-connection program of sshd cannot be started, the child dies before its banner.")
def child_dies(lab, tries):
    process = sshd(lab, release="trixie")
    hide_session_program(process)
    truths = []
    for _ in range(tries):
        how, message = _ending(openssh(lab))
        truths.append(Truth("pre-banner", how, "server-app", "child-dies-before-banner", message=message,
                  also=["server-reset", "server-closed"],
                            must_not=["tcp-wrappers-deny"]))
    return truths


def hide_session_program(process):
    """Mount an empty file over sshd-session in the running server's private view."""
    subprocess.run(["nsenter", f"--mount=/proc/{process.pid}/ns/mnt", f"--root=/proc/{process.pid}/root", "mount", "--bind", "/dev/null",
                    "/usr/lib/openssh/sshd-session"], check=True, capture_output=True)


@scenario("sshd-stopped-rtt60", tap="client", rtt=60,
          about="sshd is stopped (SIGSTOP): the kernel accepts and acknowledges, nobody reads; the client's ConnectTimeout ends it.")
@scenario("sshd-stopped-v6-router", tap="router-server-side", family=6,
          about="IPv6: sshd is stopped (SIGSTOP) and nobody reads; the client's ConnectTimeout ends it.")
@scenario("sshd-stopped-dropbear", tap="server", rtt=17, other=True,
          about="dropbear is stopped (SIGSTOP); the client's ConnectTimeout of 4 s ends it.")
def stopped(lab, other=False):
    freeze(dropbear(lab) if other else sshd(lab))
    said = openssh(lab, ["ConnectTimeout=4"])
    return [Truth("pre-banner", "timeout", "client", "sshd-not-accepting", message=said.line("timed out during banner exchange"),
                  also=["server-silent"], must_not=["tarpit", "dpi-silent-drop"])]


@scenario("server-silent-reads", tap="client", rtt=17,
          about="A listener reads the identification and never answers; the client's ConnectTimeout of 4 s ends it and the listener closes at once.")
@scenario("server-silent-reads-v6", tap="server", family=6,
          about="IPv6, seen on the server: a listener reads and never answers; the client's ConnectTimeout ends it.")
def silent_server(lab):
    listener(lab, "mute")
    said = openssh(lab, ["ConnectTimeout=4"])
    return [Truth("pre-banner", "timeout", "client", "server-silent", message=said.line("timed out during banner exchange"),
              also=["slow-banner-dns"],
                  must_not=["sshd-not-accepting", "dpi-silent-drop"])]


@scenario("dropbear-max-unauth-lan", tap="client",
          about="dropbear lets five unauthenticated connections of one address wait; the sixth is closed at once without a word.")
@scenario("dropbear-max-unauth-rtt60", tap="router-client-side", rtt=60,
          about="dropbear, round trip 60 ms: the sixth unauthenticated connection of one address is closed at once.")
def dropbear_limit(lab):
    dropbear(lab)
    silent = _fill(lab, 5, wait=0.8)
    how, message = _ending(openssh(lab))
    lab.stop(silent)
    time.sleep(lab.spec.rtt / 1000 + 0.1)
    return [Truth("banner", "fin", "client", "health-check-probe",
                  also=["client-closed", "client-reset", "rst-by-client"]) for _ in range(5)] + [
        Truth("pre-banner", how, "server-app", "dropbear-max-unauth", message=message, also=["server-closed", "server-reset"])]


@scenario("server-text-refusal", tap="client", rtt=17, behaviour="say-unread:refusal",
          about="A server writes one line of refusal and closes, without any identification.")
@scenario("server-text-refusal-reset", tap="server", behaviour="say-unread:refusal", seconds=0.5,
          about="A server writes one line of refusal and closes half a second later with the client's identification unread.")
def text_refusal(lab, behaviour, seconds=0.0):
    listener(lab, behaviour, seconds=seconds)
    how, message = _ending(openssh(lab))
    return [Truth("pre-banner", how, "server-app", "server-says-text-then-close", message=message,
                  must_not=["child-dies-before-banner", "maxstartups-drop"])]


HAPROXY = """global
  log stderr format raw local0
defaults
  mode tcp
  timeout connect 1s
  timeout client 30s
  timeout server 30s
frontend ssh
  bind :::{port} v4v6
  {rule}
  default_backend nobody
backend nobody
  server gone 127.0.0.1:9
"""


@scenario("haproxy-no-backend", tap="client", rtt=17,
          about="haproxy accepts for a backend that refuses; it retries for about 3 s and closes.")
@scenario("haproxy-no-backend-v6", tap="server", family=6,
          about="IPv6, seen on the proxy: haproxy accepts for a backend that refuses, retries for about 3 s and closes.")
def proxy_without_backend(lab):
    haproxy(lab, HAPROXY.format(port=lab.port, rule=""))
    how, message = _ending(openssh(lab))
    return [Truth("pre-banner", how, "server-app", "lb-no-backend", message=message, also=["server-closed"],
                  must_not=["tcp-wrappers-deny", "maxstartups-drop"])]


@scenario("haproxy-reject-rule", tap="router-client-side", about="haproxy rejects the connection by rule before reading anything.")
def proxy_rejects(lab):
    haproxy(lab, HAPROXY.format(port=lab.port, rule="tcp-request connection reject"))
    how, message = _ending(openssh(lab))
    lead, other = ("server-reset", "server-closed") if how == "rst" else ("server-closed", "server-reset")
    return [Truth("pre-banner", how, "server-app", lead, message=message, also=[other, "child-dies-before-banner", "lb-no-backend"],
              must_not=["tcp-wrappers-deny"])]


@scenario("slow-banner-client-left", tap="client", rtt=17, timeout=3,
          about="sshd is held up for 5 s (as by a dead name server); the client has left after its ConnectTimeout of 3 s when the identification comes.")
@scenario("slow-banner-client-waits", tap="client", rtt=17, timeout=15,
          about="sshd is held up for 5 s, the client waits and its login succeeds.")
def slow_banner(lab, timeout):
    process = sshd(lab)
    freeze(process)
    client = openssh_start(lab, [f"ConnectTimeout={timeout}"])
    time.sleep(5)
    process.send_signal(signal.SIGCONT)
    said = finish(lab, client, 10, "ssh")
    time.sleep(0.5)
    if timeout > 5:
        return [Truth("session", "fin", "client", "normal-close", also=["slow-banner-dns"],
                  must_not=["sshd-not-accepting", "server-silent"])]
    return [Truth("pre-banner", "timeout", "client", "slow-banner-dns", message=said.line("timed out during banner exchange"),
              also=["sshd-not-accepting", "server-silent"])]


@scenario("ip-options-refused", tap="client", rtt=17,
          about="A client whose packets carry an IP option (record route): sshd refuses them before its identification.")
@scenario("ip-options-refused-server-tap", tap="server", rtt=60, about="The same seen on the server; round trip 60 ms.")
def ip_options(lab):
    sshd(lab)
    program(lab, "c", "raw.py", lab.server, lab.port, "record-route", log="raw-client").wait(timeout=15)
    if "with IP opts" not in lab.log_text("sshd"):
        raise RuntimeError("sshd did not refuse the option")
    return [Truth("pre-banner", "fin-or-rst", "server-app", "ip-options-refused",
                  must_not=["tcp-wrappers-deny", "child-dies-before-banner"])]

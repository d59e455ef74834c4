"""SSH clients of several makers, started in the client's namespace."""

import os
import subprocess

from lab import CACHE, NODE, release_tree

# What ssh prints before the line that says what happened.
_PREAMBLE = ("Warning: Permanently added", "Pseudo-terminal", "debug", "** WARNING", "** This", "** The server", "@@", "Warning: Added")


class Result:
    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr

    @property
    def lines(self):
        return [line.strip() for line in self.stderr.splitlines() if line.strip()]

    @property
    def first(self):
        """The first line that says something about the end of the connection."""
        return next((line for line in self.lines if not line.startswith(_PREAMBLE)), None)

    def line(self, text):
        """The first line that holds `text`: a scenario fails where the program did not say what it should."""
        found = next((line for line in self.lines if text in line), None)
        if found is None:
            raise RuntimeError(f"the client did not say {text!r}: {self.lines}")
        return found


def finish(lab, process, seconds, name):
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, err = process.communicate()
    result = Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
    lab.said.append((name, result))
    return result


def _spawn(lab, command, env=None, root=None):
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={"PATH": "/usr/bin:/bin", "HOME": lab.folder, "LC_ALL": "C", **(env or {})}, preexec_fn=lab.inside("c", root))
    lab.adopt(process)
    return process


def openssh_command(lab, options=(), command="true", user="labuser", port=None, key="client_key", strict="no", known_hosts="known_hosts"):
    built = ["ssh", "-F", "none", "-p", str(port or lab.port), "-o", f"StrictHostKeyChecking={strict}",
             "-o", f"UserKnownHostsFile={lab.path(known_hosts)}", "-o", "GlobalKnownHostsFile=none", "-o", "IdentitiesOnly=yes"]
    built += ["-i", lab.path(key)] if key else ["-o", "IdentityFile=none", "-o", "PubkeyAuthentication=no"]
    for option in options:
        built += ["-o", option]
    return built + [f"{user}@{lab.server}"] + ([command] if command else [])


def openssh_start(lab, options=(), root=None, password=None, **more):
    """Start OpenSSH's client; `password` is given by an askpass helper, as a person would type it.

    `root` is the tree of another release; the scenario's `client_release` holds where none is given.
    """
    root = root or release_tree(lab.spec.client_release)
    env = {}
    if password is not None:
        helper = lab.write("askpass", f"#!/bin/sh\necho {password}\n", 0o755)
        env = {"SSH_ASKPASS": helper, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none"}
    else:
        options = [*options, "BatchMode=yes"]
    return _spawn(lab, openssh_command(lab, options, **more), env, root)


def openssh(lab, options=(), seconds=20, **more):
    process = openssh_start(lab, options, **more)
    return finish(lab, process, seconds, "ssh")


def _other(lab, name, command, seconds, env=None, root=None):
    return finish(lab, _spawn(lab, command, env, root), seconds, name)


def dbclient(lab, options=(), command="true", user="labuser", password=None, seconds=20, root=None):
    built = ["dbclient", "-y", "-y", "-p", str(lab.port), *options]
    if password is None:
        built += ["-i", lab.path("client_key.dropbear")]
    env = {} if password is None else {"DROPBEAR_PASSWORD": password}
    return _other(lab, "dbclient", built + [f"{user}@{lab.server}", command], seconds, env, root)


def plink(lab, options=(), command="true", user="labuser", password=None, hostkey=None, seconds=20, root=None):
    built = ["plink", "-ssh", "-batch", "-P", str(lab.port), *options]
    built += ["-pw", password] if password else ["-i", lab.path("client_key.ppk")]
    built += ["-hostkey", hostkey] if hostkey else []
    return _other(lab, "plink", built + [f"{user}@{lab.server}", command], seconds, root=root)


def python_client(lab, program, *arguments, venv="python", seconds=20):
    """A client library (paramiko, asyncssh) from a virtual environment of the cache folder."""
    interpreter = os.path.join(CACHE, venv, "bin", "python")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", program)
    return _other(lab, program.removesuffix(".py"), [interpreter, script, lab.server, "--port", str(lab.port), *map(str, arguments)],
              seconds)


def ssh2_client(lab, *arguments, seconds=20):
    """ssh2 for Node.js, from the cache folder."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "ssh2_client.js")
    command = [NODE, script, os.path.join(CACHE, "node", "node_modules"), lab.server, str(lab.port), *map(str, arguments)]
    return _other(lab, "ssh2", command, seconds)


def program(lab, where, name, *arguments, log=None):
    """Start one of the lab's own small programs (a strange listener, a raw client)."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", name)
    return lab.start(where, ["/usr/bin/python3", "-u", script, *map(str, arguments)], log=log)

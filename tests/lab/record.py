"""Writing down a scenario that has been played: the expectation for machines, the story for people."""

import inspect
import json
import os

from lab import CACHE
from tap import connections, first_close, kexinit_before_close, listing

_TAPS = {"client": "on the client", "server": "on the server", "router-client-side": "on the router, its client side",
         "router-server-side": "on the router, its server side"}


def label(truths, capture, ports):
    """Give each truth the addresses that the capture shows, in order of appearance."""
    seen = connections(capture, ports)
    if len(seen) != len(truths):
        raise RuntimeError(f"{len(truths)} connections were described, the capture holds {len(seen)}: {seen}")
    for truth, (client, server) in zip(truths, seen):
        truth.client, truth.server = client, server
        if truth.how == "fin-or-rst":
            truth.how = first_close(capture, client)
        if truth.phase == "banner-or-kexinit":
            truth.phase = "kexinit" if kexinit_before_close(capture, client) else "banner"


def _toml(value):
    return json.dumps(value, ensure_ascii=False)


def about(spec):
    text = spec.about or inspect.getdoc(spec.play)
    return " ".join(text.split())


def expectation(spec, truths):
    lines = [f"about = {_toml(about(spec))}", f"tap = {_toml(spec.tap)}"]
    for truth in truths:
        lines += ["", "[[connection]]"]
        for key in ("client", "server", "phase", "how", "by", "forged", "id", "also", "findings"):
            value = getattr(truth, key)
            if value is not None and (value or key != "findings"):
                lines.append(f"{key} = {_toml(value)}")
        if truth.message:
            lines.append(f"client_message = {_toml(truth.message)}")
        if truth.must_not:
            lines.append(f"must_not = {_toml(truth.must_not)}")
    return "\n".join(lines) + "\n"


def _setting(spec):
    parts = [f"IPv{spec.family}", f"round trip {spec.rtt:g} ms" if spec.rtt else "no added delay"]
    if spec.loss:
        parts.append(f"{spec.loss:.0%} of the packets lost")
    if spec.jitter:
        parts.append(f"up to {spec.jitter:g} ms of jitter, so packets overtake each other")
    if spec.hops == 2:
        parts.append("two routers")
    return ", ".join(parts)


def _capture(spec):
    parts = ["both sides of the router, merged" if spec.mirror else _TAPS[spec.tap]]
    if spec.interface:
        parts.append(f"interface `{spec.interface}`")
    if spec.snaplen:
        parts.append(f"packets cut at {spec.snaplen} bytes")
    if spec.expression:
        parts.append(f"filter `{' '.join(spec.expression)}`")
    if spec.container != "pcap":
        parts.append(f"file format {spec.container}")
    return ", ".join(parts)


def _quote(title, text):
    lines = [line[:200] for line in text.strip().splitlines()][:24]
    return [f"{title}:", "", "```", *lines, "```", ""] if lines else []


def story(lab, spec, truths, capture):
    lines = [f"# {spec.name}", "", about(spec), "", f"- Network: {_setting(spec)}.", f"- Captured {_capture(spec)}.",
             f"- Make it again (as root): `tests/lab/run {spec.name}`", ""]
    for name, result in lab.said:
        lines += _quote(f"`{name}` printed (exit status {result.code})", result.stderr)
    for name in lab.logs:
        lines += _quote(f"Log of `{name}`", lab.log_text(name))
    lines += ["What was captured:", "", "```", listing(capture), "```", ""]
    return "\n".join(lines).replace(lab.folder, "LAB").replace(CACHE, "CACHE")


def write(lab, spec, truths, capture, out):
    folder = os.path.join(out, spec.name)
    os.makedirs(folder, exist_ok=True)
    label(truths, capture, spec.ports)
    with open(os.path.join(folder, "expect.toml"), "w", encoding="utf-8") as handle:
        handle.write(expectation(spec, truths))
    with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as handle:
        handle.write(story(lab, spec, truths, capture))
    with open(capture, "rb") as source, open(os.path.join(folder, "capture.pcap"), "wb") as target:
        target.write(source.read())
    return folder

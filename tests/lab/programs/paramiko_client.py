"""A login with paramiko: paramiko_client.py ADDRESS [options]."""

import argparse
import logging
import sys

import paramiko

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--port", type=int, default=22)
parser.add_argument("--key")
parser.add_argument("--password")
parser.add_argument("--banner-timeout", type=float, default=15)
parser.add_argument("--only", help="slot=name[,name]: the only algorithms to offer in a slot (kex, keys, ciphers, digests, compression)",
          action="append", default=[])
parser.add_argument("--group", type=int, help="take no other group in a group exchange than one of so many bits")
chosen = parser.parse_args()

logging.getLogger("paramiko").setLevel(logging.CRITICAL)

for only in chosen.only:
    slot, _, names = only.partition("=")
    setattr(paramiko.Transport, f"_preferred_{slot}", tuple(names.split(",")))
    if slot == "compression":
        # connect() would set the list of the slot again.
        paramiko.Transport.use_compression = lambda self, compress=True: None

if chosen.group:
    from paramiko.kex_gex import KexGexSHA256

    KexGexSHA256.min_bits = KexGexSHA256.max_bits = KexGexSHA256.preferred_bits = chosen.group

client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
try:
    client.connect(chosen.address, chosen.port, "labuser", password=chosen.password, key_filename=chosen.key, allow_agent=False,
                   look_for_keys=False, banner_timeout=chosen.banner_timeout)
    _, out, _ = client.exec_command("true")
    out.channel.recv_exit_status()
    client.close()
except Exception as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(1)

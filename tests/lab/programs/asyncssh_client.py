"""A login with asyncssh: asyncssh_client.py ADDRESS [options]."""

import argparse
import asyncio
import sys

import asyncssh

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--port", type=int, default=22)
parser.add_argument("--key")
parser.add_argument("--password")
parser.add_argument("--kex", nargs="*", default=())
parser.add_argument("--cipher", nargs="*", default=())
parser.add_argument("--mac", nargs="*", default=())
parser.add_argument("--known-hosts", help="a file that must hold the server's key; without it any key will do")
chosen = parser.parse_args()


async def login():
    keys = [chosen.key] if chosen.key else []
    async with asyncssh.connect(chosen.address, chosen.port, username="labuser", client_keys=keys, password=chosen.password,
              agent_path=None,
                                known_hosts=chosen.known_hosts, kex_algs=list(chosen.kex) or (), encryption_algs=list(chosen.cipher) or (),
                                mac_algs=list(chosen.mac) or (), config=None) as connection:
        await connection.run("true")


try:
    asyncio.run(login())
except Exception as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(1)

"""An SSH server made with asyncssh: asyncssh_server.py PORT --host-key FILE [options]. It knows no user."""

import argparse
import asyncio

import asyncssh

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--host-key", required=True)
parser.add_argument("--login-timeout", type=float, default=120)
parser.add_argument("--refuse-after", type=float, help="end each connection so many seconds after its start")
chosen = parser.parse_args()


class Server(asyncssh.SSHServer):
    def connection_made(self, connection):
        if chosen.refuse_after:
            asyncio.get_running_loop().call_later(chosen.refuse_after, connection.disconnect, asyncssh.DISC_TOO_MANY_CONNECTIONS,
                                                  "Down for maintenance")

    def connection_lost(self, error):
        print(f"connection lost: {error}")


async def serve():
    await asyncssh.listen(["0.0.0.0", "::"], chosen.port, server_factory=Server, server_host_keys=[chosen.host_key],
                          login_timeout=chosen.login_timeout)
    await asyncio.Event().wait()


asyncio.run(serve())

"""System calls that the standard library lacks: join a network namespace, private bind mounts, offloads."""

import ctypes
import fcntl
import os
import socket
import struct

_libc = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNS = 0x0002_0000
_CLONE_NEWNET = 0x4000_0000
_MS_BIND = 0x1000
_MS_REC = 0x4000
_MS_PRIVATE = 0x4_0000

_SIOCETHTOOL = 0x8946
_ETHTOOL_OFF = {"tx-checksum": 0x17, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def join(netns):
    """Move this process into a network namespace made by `ip netns add`."""
    with open(f"/run/netns/{netns}", "rb") as handle:
        _check(_libc.setns(handle.fileno(), _CLONE_NEWNET), f"setns {netns}")


def private_files(binds, root=None):
    """Give this process its own view of some files, so that no file of the machine changes.

    `binds` maps a path as the process will see it to the file or folder that shall stand there.
    With `root`, an unpacked system tree becomes the root folder (other releases of the programs).
    """
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "make mounts private")
    if root:
        for folder in ("/dev", "/proc"):
            target = root + folder
            _check(_libc.mount(folder.encode(), target.encode(), None, _MS_BIND | _MS_REC, None), f"bind {target}")
    for seen, source in binds.items():
        target = (root or "") + seen
        if os.path.exists(target):
            _check(_libc.mount(source.encode(), target.encode(), None, _MS_BIND, None), f"bind {target}")
    if root:
        os.chroot(root)
        os.chdir("/")


def entering(netns, binds=None, root=None):
    """A `preexec_fn` that enters the namespace (and the private view of the files)."""

    def enter():
        join(netns)
        if binds or root:
            private_files(binds or {}, root)

    return enter


def in_namespace(netns, action):
    """Run `action` in a forked child inside the namespace and wait for it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            join(netns)
            action()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"helper in namespace {netns} failed")


def offloads_off(netns, interface):
    """Switch off what would let the tap see packets that never are on a real wire.

    A user-space forwarder cannot pass on segments above the MTU or checksums left to the hardware.
    """

    def action():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for command in _ETHTOOL_OFF.values():
                value = ctypes.create_string_buffer(struct.pack("II", command, 0))
                request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
                fcntl.ioctl(sock, _SIOCETHTOOL, request.ljust(40, b"\0"))

    in_namespace(netns, action)

"""The list of scenarios, and the truth that each one states about its connections."""

from dataclasses import dataclass, field


@dataclass
class Truth:
    """How one connection ended, in the words of docs/glossary.md.

    Two words stand for what differs from run to run, and the capture then tells which it was: `how` "fin-or-rst"
    where a program closes either way, by chance of what it has read, and `phase` "banner-or-kexinit" where the
    end and the client's KEXINIT cross.
    """

    phase: str
    how: str
    by: str
    id: str
    forged: bool | None = False
    also: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    must_not: list = field(default_factory=list)
    message: str | None = None
    server: str | None = None
    client: str | None = None


@dataclass
class Spec:
    """A scenario: the function that plays it, and where and how it is captured."""

    name: str
    play: object
    tap: str = "client"
    family: int = 4
    rtt: float = 0
    loss: float = 0
    jitter: float = 0
    seed: int = 1
    policy: object = None
    bump_at: str = "far"
    hops: int = 1
    offloads: bool = True
    addresses: dict | None = None
    sysctls: list = field(default_factory=list)
    ports: tuple = (22,)
    client_release: str | None = None
    snaplen: int = 0
    interface: str | None = None
    expression: tuple = ()
    container: str = "pcap"
    mirror: bool = False
    twin: bool = False
    about: str | None = None
    arguments: dict = field(default_factory=dict)


SCENARIOS = {}


def scenario(name, **settings):
    """Register a function under a name; stack several to play it in several ways.

    Settings that are no field of `Spec` become keyword arguments of the function.
    """

    def register(play):
        known = {key: value for key, value in settings.items() if key in Spec.__dataclass_fields__}
        rest = {key: value for key, value in settings.items() if key not in known}
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are named {name}")
        SCENARIOS[name] = Spec(name, play, arguments=rest, **known)
        return play

    return register

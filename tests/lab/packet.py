"""Just enough of Ethernet, IP and TCP to recognise a packet and to forge one."""

import struct

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Segment:
    """A TCP segment inside an Ethernet frame; `None` from `parse` for anything else."""

    @classmethod
    def parse(cls, frame):
        kind = frame[12:14]
        self = cls()
        self.ethernet = frame[:14]
        if kind == b"\x08\x00" and frame[23] == 6:
            self.version, header = 4, (frame[14] & 15) * 4
            self.length = struct.unpack("!H", frame[16:18])[0]
            self.source, self.target = frame[26:30], frame[30:34]
            self.tos, self.ip_id, self.ttl = frame[15], struct.unpack("!H", frame[18:20])[0], frame[22]
        elif kind == b"\x86\xdd" and frame[20] == 6:
            self.version, header = 6, 40
            self.length = 40 + struct.unpack("!H", frame[18:20])[0]
            self.source, self.target = frame[22:38], frame[38:54]
            self.tos, self.ip_id, self.ttl = (frame[14] & 15) << 4 | frame[15] >> 4, 0, frame[21]
        else:
            return None
        tcp = frame[14 + header:14 + self.length]
        self.sport, self.dport, self.seq, self.ack, offset, self.flags, self.window = struct.unpack("!HHIIBBH", tcp[:16])
        self.tcp_length = len(tcp)
        self.payload = tcp[(offset >> 4) * 4:]
        return self

    @property
    def end(self):
        """The sequence number that follows this segment."""
        return (self.seq + len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)) & 0xFFFFFFFF


def forge(model, flags, seq, ack=0, window=0, ttl=64, ip_id=0, tos=0, reverse=False):
    """An option-free TCP packet in the name of the sender of `model` (or of its receiver, `reverse`)."""
    source, target, sport, dport = model.source, model.target, model.sport, model.dport
    ethernet = model.ethernet
    if reverse:
        source, target, sport, dport = target, source, dport, sport
        ethernet = ethernet[6:12] + ethernet[:6] + ethernet[12:14]
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, window, 0, 0)
    pseudo = source + target + struct.pack("!IHBB", len(tcp), 0, 0, 6)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    if model.version == 4:
        header = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(tcp), ip_id, 0x4000, ttl, 6, 0) + source + target
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    else:
        header = struct.pack("!IHBB", 6 << 28 | tos << 20, len(tcp), 6, ttl) + source + target
    return ethernet + header + tcp


def resealed(segment, frame, change):
    """The frame with its TCP header and payload as `change` leaves them, lengths and checksums right for it."""
    start = 14 + segment.length - segment.tcp_length
    tcp = bytearray(frame[start:14 + segment.length])
    change(tcp)
    head = bytearray(frame[:start])
    grown = len(tcp) - segment.tcp_length
    if segment.version == 4:
        head[16:18] = struct.pack("!H", segment.length + grown)
        head[24:26] = b"\0\0"
        head[24:26] = struct.pack("!H", checksum(bytes(head[14:])))
    else:
        head[18:20] = struct.pack("!H", segment.length - 40 + grown)
    tcp[16:18] = b"\0\0"
    pseudo = segment.source + segment.target + struct.pack("!IHBB", len(tcp), 0, 0, 6)
    tcp[16:18] = struct.pack("!H", checksum(pseudo + bytes(tcp)))
    return bytes(head) + bytes(tcp) + frame[14 + segment.length:]


def damaged(segment, frame, at=-1):
    """The frame with one byte of its payload inverted (the last, or that with this index) and the TCP checksum right for it."""

    def invert(tcp):
        start = len(tcp) - len(segment.payload)
        tcp[at if at < 0 else start + at] ^= 0xFF

    return resealed(segment, frame, invert)


def with_ports(segment, frame, sport, dport):
    """The frame from and to other ports, as a NAT would send it."""

    def change(tcp):
        tcp[0:4] = struct.pack("!HH", sport, dport)

    return resealed(segment, frame, change)

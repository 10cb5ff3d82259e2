# SPDX-License-Identifier: Apache-2.0
"""What crosses one interface: a tcpdump in its namespace, read while it runs."""

import re
import struct
import subprocess
import threading
from typing import NamedTuple

from .namespaces import LabError, wait_until
from .plan import MARKER_PORT

TYPES = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}

_FILTER = f"udp and (port 67 or port 68 or port {MARKER_PORT})"
_COOKIE = bytes((99, 130, 83, 99))  # RFC 2131 s3


class Message(NamedTuple):
    """One DHCP message on a wire, as far as the lab counts it."""
    time: float      # s since the epoch
    op: int          # 1 request, 2 reply
    type: str        # of option 53
    chaddr: str
    xid: int
    giaddr: str      # 0.0.0.0: not relayed
    yiaddr: str
    source: str      # IPv4 source
    source_mac: str
    frame: bytes


def _mac(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


def _ip(raw):
    return ".".join(str(byte) for byte in raw)


def _option(options, wanted):
    at = 0
    while at + 1 < len(options) and options[at] != 255:
        if options[at] == 0:
            at += 1
            continue
        if options[at] == wanted:
            return options[at + 2:at + 2 + options[at + 1]]
        at += 2 + options[at + 1]
    return b""


def _udp_of(frame):
    """(destination port, payload) of an untagged IPv4 UDP frame."""
    udp = frame[14 + (frame[14] & 15) * 4:]
    return struct.unpack("!H", udp[2:4])[0], udp[8:]


def _message_of(time, frame, bootp):
    kind = _option(bootp[240:], 53) if bootp[236:240] == _COOKIE else b""
    return Message(
        time=time, op=bootp[0], type=TYPES.get(kind[0], str(kind[0])) if kind else "BOOTP",
        chaddr=_mac(bootp[28:34]), xid=int.from_bytes(bootp[4:8], "big"), giaddr=_ip(bootp[24:28]),
        yiaddr=_ip(bootp[16:20]), source=_ip(frame[26:30]), source_mac=_mac(frame[6:12]), frame=frame)


class Capture:
    """Collects the DHCP messages that cross an interface, in order; if `only` is given, those to which it applies, a
    filter of pcap-filter(7)."""

    def __init__(self, namespace, interface, only=""):
        self.where = f"{interface} of {namespace.role}"
        self._messages = []
        self._markers = set()
        self._problem = None
        which = f"{_FILTER} and ip[0] = 0x45 and (port {MARKER_PORT} or {only})" if only else _FILTER
        self._tcpdump = subprocess.Popen(
            [*namespace.enter(), "tcpdump", "--immediate-mode", "-U", "-n", "-i", interface, "-s", "2048", "-B", "16384", "-w", "-",
             which], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._wait_until_it_listens()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _wait_until_it_listens(self):
        said = b""
        while b"listening on" not in said:
            line = self._tcpdump.stderr.readline()
            if not line:
                raise LabError(f"tcpdump on {self.where}: {said.decode().strip()}")
            said += line

    def _read(self):
        pipe = self._tcpdump.stdout
        pipe.read(24)  # the pcap file header
        while len(head := pipe.read(16)) == 16:
            seconds, micros, length, _ = struct.unpack("=IIII", head)
            frame = pipe.read(length)
            try:
                self._take(seconds + micros / 1e6, frame)
            except (IndexError, struct.error):
                self._problem = f"a frame that is no DHCP message on {self.where}: {frame.hex()}"

    def _take(self, time, frame):
        port, payload = _udp_of(frame)
        if port == MARKER_PORT:
            self._markers.add(payload.decode().strip())
        else:
            self._messages.append(_message_of(time, frame, payload))

    @property
    def messages(self):
        return list(self._messages)

    def wait_for_marker(self, marker):
        """Waits until a marker has come by: all that was on the wire before it has been collected."""
        wait_until(lambda: marker in self._markers, f"marker {marker} on {self.where}")

    def forget(self):
        self._messages.clear()

    def close(self):
        """Ends the capture; LabError if it is not complete, since then no count of it can be trusted."""
        self._tcpdump.terminate()
        self._reader.join(10)
        said = self._tcpdump.stderr.read().decode()
        self._tcpdump.wait(10)
        lost = re.search(r"(\d+) packets dropped by kernel", said)
        if self._problem:
            raise LabError(self._problem)
        if not lost or int(lost[1]):
            raise LabError(f"the capture on {self.where} is not complete: {said.strip()}")

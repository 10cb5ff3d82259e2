# SPDX-License-Identifier: Apache-2.0
"""What crosses one interface: a tcpdump in its namespace, read while it runs."""

import re
import struct
import subprocess
import threading

from .message import message_of, udp_of
from .namespaces import LabError, wait_until
from .plan import MARKER_PORT

_FILTER = f"udp and (port 67 or port 68 or port 546 or port 547 or port {MARKER_PORT})"


class Capture:
    """Collects the DHCP messages that cross an interface, in order; if `only` is given, those of DHCPv4 to which it
    applies, a filter of pcap-filter(7)."""

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
        port, payload = udp_of(frame)
        if port == MARKER_PORT:
            self._markers.add(payload.decode().strip())
        else:
            self._messages.append(message_of(time, frame))

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

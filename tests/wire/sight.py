# SPDX-License-Identifier: Apache-2.0
"""DPDK's own tools beside relaysieved: a mount namespace with hugetlbfs and an empty /run/dpdk, and what dumpcap wrote."""

import contextlib
import re
import signal
import struct
import subprocess
from collections import namedtuple
from pathlib import Path

from lab.namespaces import wait_until
from wirelab import BOUND

PAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
IN, OUT = 1, 2  # pcapng's epb_flags
ROUTERS, SERVER = "net_ring_routers", "net_ring_server"

Shown = namedtuple("Shown", "interface direction length data")


@contextlib.contextmanager
def more_huge_pages(count):
    """That many more, free, of 2 MiB."""
    pages = PAGES / "nr_hugepages"
    before = pages.read_text()
    try:
        pages.write_text(str(int(before) + count))
        yield int((PAGES / "free_hugepages").read_text()) >= count
    finally:
        def restored():  # pages that a process has just left are not free at once
            pages.write_text(before)
            return pages.read_text() == before
        wait_until(restored, "the huge pages", BOUND)


class Sight:
    """Where daemons and tools find each other, and nobody else."""

    def __init__(self, folder, options="rw"):
        self.folder = folder
        self.pages = folder / "pages"
        self.pages.mkdir()
        self._tools = []
        script = (f"umount -a -t hugetlbfs; mkdir -p /run/dpdk; mount -t tmpfs none /run/dpdk; "
                  f"mount -t hugetlbfs -o {options} none {self.pages} && echo ready && exec sleep infinity")
        self._holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-c", script],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._holder.stdout.readline() == "ready\n", "no hugetlbfs here"

    @property
    def inside(self):
        return ("nsenter", "--target", str(self._holder.pid), "--mount", "--")

    def run(self, *argv, check=True, words=None):
        done = subprocess.run([*self.inside, *map(str, argv)], input=words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 or not check, done.stderr
        return done

    def names(self):
        """What lies under a daemon's name: its files, and its huge pages."""
        listed = self.run("ls", "/run/dpdk").stdout.split()
        return {name: set(self.run("ls", f"/run/dpdk/{name}").stdout.split()) - {"relaysieved.lock"} for name in listed}

    def taken(self):
        """MiB of huge pages that are in files here."""
        return int(self.run("du", "-sm", self.pages).stdout.split()[0])

    def telemetry(self, command, prefix="relaysieve"):
        import json
        return json.loads(self.run("dpdk-telemetry.py", "-f", prefix, words=command + "\n").stdout)[command]

    def watch(self, *words, prefix="relaysieve"):
        tool = Dumpcap(self, words, prefix, len(self._tools))
        self._tools.append(tool)
        return tool

    def close(self):
        for tool in self._tools:
            tool.kill()
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()


class Dumpcap:
    """dpdk-dumpcap at work."""

    def __init__(self, sight, words, prefix, serial):
        self.file = sight.folder / f"shown-{serial}.pcapng"
        self._log = sight.folder / f"dumpcap-{serial}.log"
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *sight.inside, "dpdk-dumpcap", f"--file-prefix={prefix}", *map(str, words),
                 "-w", self.file], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    @property
    def said(self):
        return self._log.read_text(errors="replace")

    def count(self):
        found = re.search(r"Packets captured: ([\d \x08]*)", self.said)
        numbers = found[1].replace("\b", "").split() if found else []
        return int(numbers[-1]) if numbers else -1

    def wait_for(self, frames):
        """Waits until it has written so many frames; with 0, until it watches."""
        def reached():
            assert self.process.poll() is None, self.said
            return self.count() >= frames
        wait_until(reached, lambda: f"{frames} frames in dumpcap: {self.said}", BOUND)
        return self

    def end(self):
        """All that it has written."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(BOUND) == 0, self.said
        return frames_in(self.file)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def options_of(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<HH", data, at)
        found[code] = data[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4
    return found


def frames_in(file):
    """The frames of a pcapng file (draft-ietf-opsawg-pcapng): sections, interfaces, enhanced packet blocks."""
    data, at, interfaces, frames = file.read_bytes(), 0, [], []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + size - 4]
        if kind == 1:
            interfaces.append(options_of(body[8:])[2].rstrip(b"\0").decode())
        elif kind == 6:
            number, _, _, kept, length = struct.unpack_from("<5I", body)
            flags = options_of(body[20 + (kept + 3) // 4 * 4:])[2]
            frames.append(Shown(interfaces[number], struct.unpack("<I", flags)[0] & 3, length, body[20:20 + kept]))
        at += size
    return frames


def watch(sight, *words):
    """A dumpcap on each port: one takes one port only."""
    return [sight.watch("-i", port, *words).wait_for(0) for port in (ROUTERS, SERVER)]


def shown(captured, direction):
    return [frame.data for frame in captured if frame.direction == direction]

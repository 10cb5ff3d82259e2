# SPDX-License-Identifier: Apache-2.0
"""Commands that run until they have seen enough."""

import os
import select
import subprocess

from lab.box import built
from wirelab import BOUND


class Watcher:
    """`relaysieve trace` or `capture`, or another program, and what it writes."""

    def __init__(self, daemon, *words, program=None):
        program = program or [built("relaysieve"), *words, "--control", daemon.control]
        self.process = subprocess.Popen([*map(str, program)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self._head = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def wait_until_it_looks(self):
        """The daemon says something as soon as it shows frames: a line, or the head of a capture file."""
        assert select.select([self.process.stdout], [], [], BOUND)[0], "nothing is said"
        self._head = os.read(self.process.stdout.fileno(), 65536)
        assert self._head, self.process.stderr.read()

    def read(self, lines):
        """That many lines from the beginning on; fewer at the end."""
        while self._head.count(b"\n") < lines and select.select([self.process.stdout], [], [], BOUND)[0]:
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                break
            self._head += more
        return self._head

    def ended(self):
        """All that it has written, once it ends well by itself."""
        out, err = self.process.communicate(timeout=2 * BOUND)
        assert (self.process.returncode, err) == (0, b""), err
        return self._head + out

    def wait(self):
        """(exit status, what it said on standard error)."""
        _, err = self.process.communicate(timeout=2 * BOUND)
        return self.process.returncode, err

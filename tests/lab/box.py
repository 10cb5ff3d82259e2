# SPDX-License-Identifier: Apache-2.0
"""What stands in the server's cable: a plain kernel bridge, or relaysieved."""

import itertools
import json
import os
from pathlib import Path

from .namespaces import LabError, run, wait_until

_ROOT = Path(__file__).resolve().parents[2]
_serial = itertools.count(1)


def built(program):
    """A program of ours, from $RELAYSIEVE_BUILD or the tree's `build`."""
    path = Path(os.environ.get("RELAYSIEVE_BUILD", _ROOT / "build")).resolve() / "control" / program
    if not path.exists():
        raise LabError(f"no {path}: build it, or set RELAYSIEVE_BUILD to the build directory")
    return path


class Bridge:
    """Without relaysieve: two ports of a kernel bridge."""

    def start(self, namespace, folder):
        self._namespace = namespace
        namespace.bridge("wire")
        for port in ("routers", "server"):
            namespace.ip("link", "set", port, "master", "wire")

    def stop(self):
        self._namespace.ip("link", "del", "wire")


class Relaysieve:
    """With relaysieve: the daemon on the same two ports."""

    def __init__(self, settings="", metrics="off"):
        self._settings, self._metrics = settings, metrics  # TOML; address and port

    def start(self, namespace, folder):
        self._namespace, self._folder = namespace, folder
        serial = next(_serial)
        config = folder / f"relaysieve-{serial}.toml"
        config.write_text(self._settings)
        self._control = folder / f"relaysieve-{serial}.sock"
        self.daemon = namespace.start(
            [built("relaysieved"), "--routers", "routers", "--server", "server", "--config", config, "--control",
             self._control, "--metrics", self._metrics], folder / f"relaysieved-{serial}.log")
        self.daemon.wait_for("relaysieved: ready")

    def ask(self, *words):
        """What the command line says to machines."""
        return json.loads(run(built("relaysieve"), *words, "--json", "--control", self._control))

    def status(self):
        return self.ask("status")

    def trace(self, client):
        """A `relaysieve trace` that runs: a JSON object a line."""
        serial = next(_serial)
        program = self._namespace.start([built("relaysieve"), "trace", client, "--json", "--control", self._control],
                                        self._folder / f"trace-{serial}.log")
        program.wait_for(r"\S")  # it looks
        return program

    def report(self, command="status"):
        """What it says to people."""
        return run(built("relaysieve"), command, "--control", self._control)

    def _sums_agree(self):
        status = self.status()
        totals, judged = status["totals"], sum(status["reasons"].values())
        return totals["received"] == judged == totals["forwarded"] + totals["dropped"] + totals["refused"]

    def stop(self):
        """Ends the daemon, after a look at the law that holds whenever it is between two bursts."""
        if self.daemon.running:
            wait_until(self._sums_agree, lambda: f"received = all reasons = forwarded + dropped + refused: {self.status()}")
        status = self.daemon.stop()
        if status != 0:
            raise LabError(f"relaysieved ended with {status}:\n{self.daemon.last_words()}")

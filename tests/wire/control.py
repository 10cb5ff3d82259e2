# SPDX-License-Identifier: Apache-2.0
"""Talks to relaysieved through its control socket."""

import http.client
import json
import socket
import subprocess

from lab.box import built
from lab.namespaces import run
from wirelab import BOUND


def ask(daemon, path, *words, before=()):
    """(status code, body) of a request that curl makes."""
    done = run(*before, "curl", "--silent", "--show-error", "--max-time", BOUND, "--write-out", "\n%{http_code} %{content_type}",
               *words, "--unix-socket", daemon.control, f"http://relaysieved{path}")
    body, _, last = done.rpartition("\n")
    code, kind = last.split()
    assert kind == "application/json"
    return int(code), json.loads(body)


def change(daemon, **settings):
    """What a change of settings is answered with."""
    return ask(daemon, "/v1/settings", "--request", "PATCH", "--data", json.dumps(settings))


def command(daemon, *words, program="control/relaysieve", before=()):
    """The command line: (exit status, what it printed, what it said on standard error)."""
    done = subprocess.run([*before, built("relaysieve").parents[1] / program, *map(str, words), "--control", daemon.control],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def connect(daemon):
    """A connection on which nothing has been said yet."""
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(BOUND)
    made.connect(str(daemon.control))
    return made


class Caller(http.client.HTTPConnection):
    """One connection for many requests."""

    def __init__(self, daemon):
        super().__init__("relaysieved", timeout=BOUND)
        self._daemon = daemon

    def connect(self):
        self.sock = connect(self._daemon)

    def ask(self, method, path, body=None):
        self.request(method, path, json.dumps(body) if body is not None else None)
        answer = self.getresponse()
        said = json.loads(answer.read())
        assert answer.status == 200, said
        return said

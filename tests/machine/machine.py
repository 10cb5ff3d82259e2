# SPDX-License-Identifier: Apache-2.0
"""A machine with a real systemd, on which relaysieve is installed; see `boot`."""

import os
import shutil
import subprocess
from pathlib import Path

from lab.box import built
from lab.namespaces import LabError, run, wait_until

ROOT = Path(__file__).resolve().parents[2]
BOUND = 60.0  # s


class Machine:
    def __init__(self, folder):
        self.folder = folder / "machine"
        self.folder.mkdir()
        self._log = folder / "machine.log"
        group = self._control_group()
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh",
                 "unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--kill-child",
                 Path(__file__).with_name("boot"), self.folder],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.pid = None
        try:
            self.pid = wait_until(self._first_process, lambda: f"the first process: {self.log}", BOUND)
            wait_until(self._is_up, lambda: f"systemd: {self.log}", BOUND)
        except BaseException:
            self.close()
            raise
        self.name = str(self.pid)  # of its network namespace, for ip(8)

    def _control_group(self):
        """One of its own, in the unified hierarchy."""
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        unified = next((mount[1] for mount in mounts if mount[2] == "cgroup2"), None)
        if unified is None:
            raise LabError("no cgroup2 hierarchy is mounted")
        self.group = Path(unified) / f"relaysieve-{os.getpid()}"
        self.group.mkdir(exist_ok=True)
        return self.group

    def _first_process(self):
        if self._process.poll() is not None:
            raise LabError(f"it ended: {self.log}")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def _is_up(self):
        return self._first_process() and self.systemctl("is-active", "lab.target", check=False) == "active\n"

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def enter(self):
        return ["setpriv", "--pdeathsig", "KILL", "nsenter", "--target", str(self.pid), "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--"]

    def run(self, *words, check=True):
        return run(*self.enter(), *words, check=check, timeout=BOUND)

    def systemctl(self, *words, check=True):
        return self.run("systemctl", *words, check=check)

    def ip(self, *words):
        return self.run("ip", *words)

    def file(self, path):
        """A file of its own, seen from here."""
        return Path(f"/proc/{self.pid}/root{path}")

    def install(self):
        """The programs, the unit, its user."""
        for program in ("relaysieved", "relaysieve"):
            self.put_program(program, built(program))
        unit = (ROOT / "deploy" / "systemd" / "relaysieved@.service.in").read_text()
        self.file("/etc/systemd/system/relaysieved@.service").write_text(unit.replace("@bindir@", "/usr/bin").replace("@libexecdir@", "/usr/libexec"))
        self.run("systemd-sysusers", "--inline", *[line for line in (ROOT / "deploy/systemd/relaysieve.sysusers").read_text().splitlines() if line[0] == "u"])
        self.run("chown", "relaysieve:relaysieve", "/etc/relaysieve")  # as deploy/debian/relaysieve.postinst does
        self.file("/usr/libexec/relaysieve").mkdir()
        for script in ("fallback-bridge", "interfaces.sh"):
            shutil.copy(ROOT / "deploy" / script, self.file("/usr/libexec/relaysieve"))
        self.systemctl("daemon-reload")

    def put_program(self, name, program):
        """As a package does: the new file takes the old one's place at once."""
        new = self.file(f"/usr/bin/{name}.new")
        shutil.copy(program, new)
        new.rename(self.file(f"/usr/bin/{name}"))

    def close(self):
        if self._process.poll() is None:
            self._process.kill()  # and with it, by the kernel, all that runs inside
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        wait_until(self._group_is_gone, "the end of its control group", BOUND)

    def _group_is_gone(self):
        for folder, _, _ in os.walk(self.group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                return False
        return not self.group.exists()


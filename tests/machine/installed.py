# SPDX-License-Identifier: Apache-2.0
"""relaysieve as a service of a machine between two hosts.

    left eth0 -- routers [machine] server -- eth0 right
"""

import frames
from lab.namespaces import Namespace, wait_until
from machine import BOUND, Machine
from wirelab import Tap

SERVICE = "relaysieved@lab.service"
END = frames.marker(0)


class Installed:
    def __init__(self, folder, driver="auto"):
        self._folder, self._driver = folder, driver
        self._hosts, self._taps = {}, {}
        self.machine = None

    def build(self, program=True):
        """`program`: with relaysieve on it."""
        self.machine = Machine(self._folder)
        if program:
            self.machine.install()
        for which in ("all", "default"):  # no neighbour discovery between the frames that are counted
            self.machine.run("sysctl", "-qw", f"net.ipv6.conf.{which}.disable_ipv6=1")
        for port in ("routers", "server"):
            host = self._hosts[port] = Namespace(port)
            self.plug(port)
            host.up("eth0")
        self.machine.file("/etc/relaysieve/lab.toml").write_text(
            f'routers = ["routers"]\nserver = "server"\ndriver = "{self._driver}"\nmetrics = "off"\n')

    def plug(self, port):
        """A cable from a host to the machine's port."""
        host = self._hosts[port]
        host.ip("link", "add", "name", "eth0", "type", "veth", "peer", "name", port, "netns", self.machine.name)
        host.up("eth0")
        self.machine.ip("link", "set", port, "up")

    def unplug(self, port):
        self._hosts[port].ip("link", "del", "eth0")

    def tap(self, port):
        """A new packet socket at the host's end."""
        if port in self._taps:
            self._taps[port].close()
        self._taps[port] = Tap(self._hosts[port], "eth0")
        return self._taps[port]

    def taps(self):
        return self.tap("routers"), self.tap("server")

    def start(self):
        self.machine.systemctl("start", SERVICE)
        return self

    def show(self, name):
        return self.machine.systemctl("show", "--value", "--property", name, SERVICE).strip()

    @property
    def pid(self):
        """Of the daemon, as this machine numbers it; 0 while there is none."""
        inside = self.show("MainPID")
        if inside == "0":
            return 0
        group = self.machine.group / "system.slice" / "system-relaysieved.slice" / SERVICE / "cgroup.procs"
        return next((int(pid) for pid in group.read_text().split()), 0)

    def wait_until_active(self, restarts=0):
        wait_until(lambda: self.show("ActiveState") == "active" and int(self.show("NRestarts")) >= restarts,
                   lambda: f"{SERVICE}: {self.journal()}", BOUND)

    def journal(self):
        return self.machine.run("journalctl", "--unit", SERVICE, "--output", "cat", "--no-pager", check=False)

    def carries(self):
        """The wire works, and second copies go."""
        self._xid = getattr(self, "_xid", 0) + 1
        left, right = self.taps()
        copies = frames.hsrp_pair(self._xid)
        left.send(*copies, END)
        came = right.until(END)
        assert len(came) == 1 and came[0] in copies, came  # it may be the other router's turn
        right.send(END)
        assert left.until(END) == []

    def is_a_plain_wire(self):
        """Both copies come, and what is sent back."""
        left, right = self.taps()
        copies = frames.hsrp_pair(0)
        left.send(*copies, END)
        assert right.until(END) == list(copies)
        right.send(END)
        assert left.until(END) == []

    def is_cut(self):
        """What is sent now does not come, and what is sent when there is a wire again does."""
        left, right = self.taps()
        left.send(frames.marker(1))
        self.start()
        left.send(END)
        assert right.until(END) == []

    def close(self):
        for tap in self._taps.values():
            tap.close()
        if self.machine is not None:
            self.machine.close()
        for host in self._hosts.values():
            host.delete()

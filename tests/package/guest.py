# SPDX-License-Identifier: Apache-2.0
"""A virtual machine with an IOMMU and three network cards, which boots a tree with Debian's own kernel and systemd.

    mgmt             the way to the machine, were there one
    routers, server  in one slot: the IOMMU cannot tell them apart
"""

import base64
import contextlib
import os
import re
import shlex
import shutil
import socket
from pathlib import Path

from lab.namespaces import LabError, Namespace, run, wait_until
from wirelab import Tap

PACKAGES = ("linux-image-cloud-amd64", "initramfs-tools", "systemd-sysv", "udev", "dbus", "driverctl", "kmod", "iproute2",
            "librte-bus-pci23", "librte-net-virtio23")
CARDS = {"mgmt": "0000:00:04.0", "routers": "0000:00:05.0", "server": "0000:00:05.1"}
PATIENCE = 600.0  # s for a boot or a command: half a minute of a core where it is emulated, which others may want as well

# What its first steps need, and nothing else: the fewer the faster.
INITRD = {"conf.d/modules": "MODULES=list\n", "modules": "virtio_pci\nvirtio_blk\next4\n"}
SERVICES = ("getty@tty1", "systemd-logind", "e2scrub_reap", "apt-daily.timer", "apt-daily-upgrade.timer")  # not started

# Runs what it is told, and tells what came of it: a line each way, in base64. (qemu's own agent is to be asked again and again.)
AGENT = """#!/bin/bash
cd /run
exec 3<>/dev/virtio-ports/agent
while read -r words <&3; do
  bash -c "$(base64 -d <<<"$words")" >agent.out 2>agent.err </dev/null
  echo "$? $(base64 -w0 agent.out) $(base64 -w0 agent.err)" >&3
done
"""
UNIT = """[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/agent
Restart=always
"""
# On one processor, and that emulated, a worker that looks for frames every 0.1 ms leaves nothing to others.
MEEK = """[Service]
Nice=10
WatchdogSec=60s
"""


def prepare(tree):
    """So that what is installed there is made for this machine."""
    wanted = {f"etc/initramfs-tools/{name}": text for name, text in INITRD.items()}
    wanted |= {"agent": AGENT, "etc/systemd/system/agent.service": UNIT,
               "usr/lib/systemd/system/relaysieved@.service.d/meek.conf": MEEK}
    for name, text in wanted.items():
        file = tree.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tree.root / "agent").chmod(0o755)
    starts = tree.root / "etc/systemd/system/multi-user.target.wants/agent.service"
    starts.parent.mkdir(parents=True, exist_ok=True)
    starts.symlink_to("../agent.service")


def accelerators():
    """A /dev/kvm on a processor that virtualizes nothing itself (a guest's, say) is slower than none, and boots not every kernel."""
    real = re.search(r"^flags\s*:.* (vmx|svm) ", Path("/proc/cpuinfo").read_text(), re.M) and os.access("/dev/kvm", os.R_OK | os.W_OK)
    return ["-accel", "kvm,kernel-irqchip=split"] * bool(real) + ["-accel", "tcg"]


class Guest:
    def __init__(self, folder, tree):
        """Uses the tree up."""
        self._folder = folder
        self._disk, self._agent, self._log = folder / "disk", folder / "agent", folder / "console.log"
        for kind in ("vmlinuz", "initrd.img"):
            shutil.copy(next((tree.root / "boot").glob(f"{kind}-*")), folder / kind)
        run("mke2fs", "-q", "-t", "ext4", "-d", tree.root, self._disk, "3G", timeout=300)
        shutil.rmtree(tree.root)
        self._host = self._program = self._socket = None
        self.taps = {}

    def build(self):
        self._host = Namespace("guest")
        for side in ("routers", "server"):
            self._host.ip("tuntap", "add", "name", side, "mode", "tap")
            self._host.up(side)
            self.taps[side] = Tap(self._host, side)
        self._boot()

    def _boot(self):
        """Until systemd has started all that it will. One processor: two emulated ones wait for each other on a busy machine."""
        self._hang_up()
        masks = ["systemd.getty_auto=no", *(f"systemd.mask={name}" for name in SERVICES)]
        self._program = self._host.start(
            ["qemu-system-x86_64", "-machine", "q35", *accelerators(), "-cpu", "Nehalem", "-m", 1024, "-no-reboot", "-nodefaults",
             "-display", "none", "-serial", "stdio", "-device", "intel-iommu,intremap=on",
             "-kernel", self._folder / "vmlinuz", "-initrd", self._folder / "initrd.img",
             "-append", " ".join(["root=/dev/vda rw console=ttyS0 intel_iommu=on quiet no_timer_check mitigations=off", *masks]),
             "-drive", f"file={self._disk},if=virtio,format=raw,cache=unsafe",
             "-device", "virtio-serial", "-chardev", f"socket,id=agent,path={self._agent},server=on,wait=off",
             "-device", "virtserialport,chardev=agent,name=agent",
             "-netdev", "hubport,id=mgmt,hubid=0", *self._card("mgmt", "4.0"),
             *self._tap("routers"), *self._card("routers", "5.0,multifunction=on"), *self._tap("server"), *self._card("server", "5.1")],
            self._log)
        wait_until(self._reached, lambda: f"the virtual machine:\n{self._program.last_words()}")
        self.run("systemctl", "is-system-running", "--wait", check=False)

    @staticmethod
    def _tap(side):
        return "-netdev", f"tap,id={side},ifname={side},script=no,downscript=no"

    @staticmethod
    def _card(name, slot):
        return "-device", f"virtio-net-pci,netdev={name},addr={slot},iommu_platform=on,disable-legacy=on"

    def _reached(self):
        """What is said to the machine's agent waits there until it listens."""
        if not self._program.running:
            raise LabError(f"the virtual machine ended:\n{self._program.last_words()}")
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(PATIENCE)
            self._socket.connect(str(self._agent))
            self._answers = self._socket.makefile("rb")
            return True

    def reboot(self):
        self._tell("systemctl", "reboot")
        self._program.wait_for_end(PATIENCE)
        self._boot()

    def run(self, *words, check=True):
        """A program's standard output; LabError with what it complains where it fails."""
        self._tell(*words)
        status, *said = self._answers.readline().decode().rstrip("\n").split(" ")
        if not status:
            raise LabError(f"the virtual machine is gone:\n{self._program.last_words()}")
        out, complaint = (base64.b64decode(text).decode() for text in said)
        if check and status != "0":
            raise LabError(f"`{' '.join(map(str, words))}` ended with {status}: {out}{complaint}")
        return out

    def _tell(self, *words):
        self._socket.sendall(base64.b64encode(shlex.join(map(str, words)).encode()) + b"\n")

    def file(self, path, text):
        self.run("sh", "-c", 'mkdir -p "$(dirname "$0")" && printf %s "$1" > "$0"', path, text)

    def _hang_up(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self):
        self._hang_up()
        for tap in self.taps.values():
            tap.close()
        if self._host is not None:
            self._host.delete()
        self._disk.unlink()

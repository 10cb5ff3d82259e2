# SPDX-License-Identifier: Apache-2.0
"""The demonstration that deploy/quickstart runs: what a boot server gets without relaysieve, and with it."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import relays, servers
from .box import Bridge, Relaysieve, built
from .clients import Dhclient, Ipxe, Udhcpc
from .namespaces import LabError, unwind_on_sigterm, why_not
from .topology import Lab
from .trials import furnish, kill, trial

_CLIENTS = [Udhcpc] * 3 + [Dhclient] * 2 + [Ipxe]
_CAPTURE = Path(__file__).resolve().parents[1] / "golden" / "captures" / "boot-udhcpc.pcap"
_PICTURE = """
  3 x udhcpc    -+          +- router A (dhcrelay) -+
  2 x dhclient  -+- switch -+                       +- switch -- [ box ] -- boot server 10.30.0.10
  1 x iPXE (PC) -+          +- router B (dnsmasq)  -+                       (Kea, and TFTP by dnsmasq)
     10.20.0.0/24                                         10.30.0.0/24

Every box of the picture is a network namespace of this machine. Both routers relay every request.
"""


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def boot(lab, copies, kinds):
    """Boots the clients, says how they got on and what the server received of the first one. Returns the ledger."""
    started = time.monotonic()
    clients, ledger = trial(lab, copies, *kinds)
    for client in clients:
        print(f"  {client.kind:<9} {client.mac}   lease {client.boot.address:<13} boot file {client.boot.boot_file}")
    print(f"  All booted after {time.monotonic() - started:.1f} s.")
    show_requests(lab, clients[0].mac)
    return ledger


def show_requests(lab, client_mac):
    """The requests of one client as the server's own capture has them."""
    names = {router.lan_address: f"router {router.name}" for router in lab.routers.values()}
    requests = [m for m in lab.captures[2].messages if m.op == 1 and m.chaddr == client_mac]
    print(f"  What the server received of {client_mac}:")
    for message in requests:
        print(f"    {(message.time - requests[0].time) * 1000:9.3f} ms  {message.type:<8}  xid {message.xid:08x}  "
              f"giaddr {message.giaddr} ({names[message.giaddr]})")


def table(without, with_it):
    """Side by side, per client transmission, since a client may have to repeat itself."""
    rows = []
    for kind in ("DISCOVER", "REQUEST"):
        rows.append((f"{kind}s the clients sent", *(each.count(each.sent, kind) for each in (without, with_it))))
        rows.append((f"{kind}s the server received", *(each.count(each.received, kind) for each in (without, with_it))))
    rows.append(("OFFERs the server sent", *(each.answers("OFFER") for each in (without, with_it))))
    rows.append(("addresses it offered", *(len(each.addresses()) for each in (without, with_it))))
    rows.append(("ACKs the server sent", *(each.answers("ACK") for each in (without, with_it))))
    print(f"  {'':<32}{'without':>12}{'with relaysieve':>18}")
    for name, *numbers in rows:
        line = f"  {name:<32}{numbers[0]:>12}{numbers[1]:>18}"
        print(bold(line) if "received" in name else line)


def demonstrate(folder):
    lab = Lab(folder)
    try:
        print(_PICTURE)
        furnish(lab, relays.dhcrelay, relays.dnsmasq, servers.kea)
        print(bold("Without: the box is a plain wire (a kernel bridge)"))
        lab.put(Bridge())
        without = boot(lab, 2, _CLIENTS)

        print(bold("\nWith: the box is relaysieved"))
        box = Relaysieve()
        lab.put(box)
        with_it = boot(lab, 1, _CLIENTS)

        print(bold("\nRouter A is switched off; the next client boots through router B"))
        kill(lab, "A")
        boot(lab, 1, [Udhcpc])

        print(bold("\nWhat the boot server got to do"))
        table(without, with_it)
        print(bold("\nWhat relaysieved says of itself (relaysieve status)"))
        print(box.report())
    finally:
        lab.close()


def replay(reason):
    """The same rule on a recorded boot, where no lab can be built."""
    print(f"There will be no live lab: {reason}.")
    print(f"In its place a recorded boot goes through the same filter: relaysieve replay {_CAPTURE.name}\n", flush=True)
    return subprocess.run([built("relaysieve"), "replay", _CAPTURE]).returncode


def main():
    unwind_on_sigterm()
    try:
        if reason := why_not():
            return replay(reason)
        with tempfile.TemporaryDirectory(prefix="relaysieve-lab-") as folder:
            demonstrate(Path(folder))
    except (LabError, AssertionError) as problem:
        print(f"quickstart: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

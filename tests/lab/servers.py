# SPDX-License-Identifier: Apache-2.0
"""The boot servers that users run. Each hands out addresses of the client LAN and the boot file over TFTP."""

import itertools
import json

from .namespaces import DNSMASQ, unconfined
from .plan import BOOT_FILE, BOOT_SCRIPT, CLIENT_GATEWAY, POOL, SERVER

_serial = itertools.count(1)


def served(folder):
    """The folder whose files are served."""
    root = folder / "served"
    root.mkdir(exist_ok=True)
    (root / BOOT_FILE).write_text(BOOT_SCRIPT)
    return root


def _dnsmasq(namespace, folder, name, *settings):
    program = namespace.start([*DNSMASQ, *settings, "--enable-tftp", f"--tftp-root={served(folder)}"],
                              folder / f"{name}-{next(_serial)}.log")
    program.wait_for("dnsmasq-tftp.*: TFTP root is")
    return program


def tftp(namespace, folder):
    """dnsmasq as nothing but a TFTP server."""
    return _dnsmasq(namespace, folder, "tftp")


def http(namespace, folder):
    """An HTTP server on port 80."""
    program = namespace.start(
        ["/usr/bin/python3", "-u", "-m", "http.server", "80", "--bind", SERVER, "--directory", served(folder)],
        folder / "http.log")
    program.wait_for("Serving HTTP on")
    return program


def dnsmasq(namespace, folder):
    """dnsmasq: DHCP and TFTP."""
    leases = folder / f"dnsmasq-{next(_serial)}.leases"
    return _dnsmasq(
        namespace, folder, "dnsmasq", f"--dhcp-range={','.join(POOL)},255.255.255.0,1h", "--no-ping",
        "--dhcp-authoritative", f"--dhcp-option=option:router,{CLIENT_GATEWAY}", f"--dhcp-boot={BOOT_FILE}",
        f"--dhcp-leasefile={leases}", "--log-dhcp")


def dhcpd(namespace, folder):
    """ISC dhcpd, with its habit of pinging an address first: it answers only the first copy of a DISCOVER."""
    tftp(namespace, folder)
    serial = next(_serial)
    settings, leases = folder / f"dhcpd-{serial}.conf", folder / f"dhcpd-{serial}.leases"
    leases.touch()
    settings.write_text(f"""
        authoritative;
        default-lease-time 3600;
        subnet 10.30.0.0 netmask 255.255.255.0 {{ }}
        subnet 10.20.0.0 netmask 255.255.255.0 {{
          range {POOL[0]} {POOL[1]};
          option routers {CLIENT_GATEWAY};
          next-server {SERVER};
          filename "{BOOT_FILE}";
        }}
    """)
    program = namespace.start(
        [unconfined("dhcpd", folder), "-4", "-f", "-d", "--no-pid", "-cf", settings, "-lf", leases, "eth0"],
        folder / f"dhcpd-{serial}.log")
    program.wait_for("Server starting service")
    return program


def kea(namespace, folder):
    """Kea: offers each copy of a DISCOVER an address of its own."""
    tftp(namespace, folder)
    serial = next(_serial)
    settings = folder / f"kea-{serial}.json"
    settings.write_text(json.dumps({"Dhcp4": {
        "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "udp"},
        "lease-database": {"type": "memfile", "persist": False},
        "valid-lifetime": 3600,
        "subnet4": [{
            "subnet": "10.20.0.0/24",
            "pools": [{"pool": " - ".join(POOL)}],
            "option-data": [{"name": "routers", "data": CLIENT_GATEWAY}],
            "next-server": SERVER,
            "boot-file-name": BOOT_FILE,
        }],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
    }}))
    program = namespace.start(
        [unconfined("kea-dhcp4", folder), "-c", settings], folder / f"kea-{serial}.log",
        env={"KEA_PIDFILE_DIR": str(folder), "KEA_LOCKFILE_DIR": str(folder)})
    program.wait_for("DHCP4_STARTED")
    return program

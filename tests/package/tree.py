# SPDX-License-Identifier: Apache-2.0
"""Fresh Debians, each a folder."""

import os
import re
from pathlib import Path

from lab.namespaces import run

MIRROR = "http://deb.debian.org/debian"


def debootstrap(root):
    """A Debian 12 that has nothing but what it begins with, and how this machine reaches the mirror."""
    run("debootstrap", "--variant=minbase", "bookworm", root, MIRROR, timeout=1800)
    for name in ("apt/apt.conf.d", "apt/sources.list", "apt/sources.list.d", "resolv.conf"):
        run("cp", "--recursive", "--dereference", f"/etc/{name}", root / "etc" / Path(name).parent, check=False)
    return root


class Tree:
    """A copy of such a Debian, and what is installed there."""

    def __init__(self, base, root):
        self.root = root
        run("cp", "--archive", "--reflink=auto", base, root, timeout=300)
        self.run("apt-get", "--quiet=2", "update")

    def files(self):
        """All that is there, but what apt and dpkg keep for themselves."""
        return {str(Path(folder, name).relative_to(self.root)) for folder, _, names in os.walk(self.root) for name in names
                if not re.match(r"(var/(lib/(apt|dpkg)|cache|log)|dev|proc|sys|tmp|run)/", str(Path(folder, name).relative_to(self.root)))}

    def enter(self):
        mounts = "for d in proc sys dev; do mount --rbind /$d $0/$d; done; mount -t tmpfs none $0/run; mount -t tmpfs none $0/tmp"
        return ["unshare", "--mount", "sh", "-c", f'{mounts}; exec chroot "$0" "$@"', self.root]

    def run(self, *words, timeout=300, check=True):
        return run(*self.enter(), "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", *words, timeout=timeout, check=check)

    def install(self, *names, package=None):
        """Packages of Debian's, and one of ours."""
        if package is not None:
            (self.root / "package.deb").write_bytes(package.read_bytes())
            names = (*names, "/package.deb")
        self.run("apt-get", "--quiet=2", "install", "--yes", "--no-install-recommends", *names, timeout=1800)

# SPDX-License-Identifier: Apache-2.0
"""control_group: who may use the control socket besides root. With a real group of this machine and a user without rights."""

import grp
import os
import stat
import subprocess

import pytest
from control import command
from lab.box import built
from lab.namespaces import run

GROUP = "games"  # a group that every Debian has
NUMBER = grp.getgrnam(GROUP).gr_gid
STRANGER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
MEMBER = ("setpriv", "--reuid", "65534", "--regid", "65534", "--groups", str(NUMBER))


@pytest.fixture
def program(wire):
    """The command line, where anyone may run it."""
    for folder in (wire.folder, *wire.folder.parents[:3]):
        os.chmod(folder, 0o755)
    run("cp", built("relaysieve"), wire.folder / "relaysieve")
    return wire.folder / "relaysieve"


@pytest.mark.parametrize("name", [GROUP, str(NUMBER)])
def test_its_members_may_and_others_may_not(wire, program, name):
    wire.start("--control-group", name)
    about = wire.daemon.control.stat()
    assert (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid) == (0o660, 0, NUMBER)
    status, _, err = command(wire.daemon, "mode", "monitor", program=program, before=STRANGER)
    assert status == 1 and "not allowed" in err
    assert command(wire.daemon, "mode", "monitor", program=program, before=MEMBER) == (0, "mode: enforce -> monitor\n", "")
    assert 'uid 65534 changed mode from "enforce" to "monitor"' in wire.daemon.err


def test_without_it_the_socket_is_the_daemons_own_groups(wire, program):
    wire.start()
    assert wire.daemon.control.stat().st_gid == os.getgid()
    assert command(wire.daemon, "status", program=program, before=MEMBER)[0] == 1


def test_an_unknown_group_is_refused_with_its_place(wire):
    file = wire.folder / "settings.toml"
    file.write_text('mode = "enforce"\ncontrol_group = "no-such-group"\n')
    words = ("--routers", "routers", "--server", "server", "--control", wire.folder / "c.sock", "--config", file)
    done = subprocess.run([*wire.box.enter(), built("relaysieved"), *map(str, words)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'relaysieved: {file}:2:17: control_group: "no-such-group" is not a group of this machine\n'
    assert not (wire.folder / "c.sock").exists()


def test_a_group_that_the_daemon_may_not_give_it_to(wire, tmp_path):
    """Without CAP_CHOWN, as a unit might have it."""
    words = ("--routers", "routers", "--server", "server", "--control", tmp_path / "c.sock", "--control-group", GROUP)
    done = subprocess.run([*wire.box.enter(), "setpriv", "--bounding-set", "-chown", "--inh-caps", "-chown", "--", built("relaysieved"),
                           *map(str, words)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"relaysieved: control socket {tmp_path}/c.sock: cannot be given to control_group, of which the daemon's user has to be "
                           "a member (usermod -aG GROUP relaysieve, or SupplementaryGroups= in the unit): Operation not permitted\n")

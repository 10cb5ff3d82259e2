# SPDX-License-Identifier: Apache-2.0
"""`relaysieve set --save`: a change that outlives the restart, and a file in which all else stays as it was."""

import os
import signal
import stat
import threading

import frames
import pytest
from control import ask, command

END = frames.marker(0)
FILE = """# Ours. Ask the network team.
window = "1s"       # as ever
trusted_relays = [
  "10.20.0.0/16",   # north
  "10.30.0.0/16",   # the servers
]

[relay_groups]      # by site
campus = ["192.0.2.1", "192.0.2.2"]
"""


@pytest.fixture
def file(wire):
    path = wire.folder / "settings.toml"
    path.write_text(FILE)
    return path


def shown(wire, name):
    about = ask(wire.daemon, "/v1/settings")[1][name]
    return about["value"], about["from"]


def test_it_is_in_force_and_in_the_file_and_after_a_restart(wire, file):
    wire.start("--config", file)
    left, right = wire.tap(wire.left), wire.tap(wire.right)
    assert command(wire.daemon, "set", "--save", "window", "800ms", "subnet_bits", "20") == (
        0, f"window: 1s -> 800ms\nsubnet_bits: 24 -> 20\nsaved to {file}\n", "")
    expected = FILE.replace('"1s"', '"800ms"').replace("]\n\n", "]\nsubnet_bits = 20\n\n", 1)
    assert file.read_text() == expected
    assert shown(wire, "window") == ("800ms", f"{file}:2:10")
    assert shown(wire, "subnet_bits") == (20, f"{file}:7:15")
    assert shown(wire, "relay_groups") == ({"campus": ["192.0.2.1", "192.0.2.2"]}, f"{file}:10:11"), "a line further down"
    assert command(wire.daemon, "mode", "monitor", "--save")[0] == 0
    left.send(*frames.hsrp_pair(1), END)
    assert len(right.until(END)) == 2
    assert command(wire.daemon, "reload") == (0, "nothing changed: it was so already\n", "")
    assert "uid 0 saved settings to " in wire.daemon.err
    wire.daemon.end(signal.SIGTERM)
    wire.daemon.kill()
    wire.start("--config", file)
    assert [shown(wire, name)[0] for name in ("window", "subnet_bits", "mode")] == ["800ms", 20, "monitor"]
    wire.daemon.end(signal.SIGTERM)


def test_lists_and_groups(wire, file):
    wire.start("--config", file)
    assert command(wire.daemon, "set", "--save", "trusted_relays", "10.20.0.0/16,192.0.2.0/24", "relay_groups",
                   '{"campus": ["192.0.2.1", "192.0.2.2"], "annex": ["192.0.2.9"]}')[0] == 0
    assert file.read_text() == FILE.replace('  "10.30.0.0/16",   # the servers', '  "192.0.2.0/24",   # the servers') + 'annex = ["192.0.2.9"]\n'
    assert command(wire.daemon, "set", "--save", "relay_groups", "{}")[0] == 0
    assert file.read_text().endswith("[relay_groups]      # by site\n")


def test_what_was_set_before_can_be_saved_later(wire, file):
    wire.start("--config", file)
    assert command(wire.daemon, "set", "window", "800ms")[0] == 0
    assert file.read_text() == FILE
    assert command(wire.daemon, "set", "--save", "window", "800ms") == (
        0, f"nothing changed: it was so already\nsaved to {file}\n", "")
    assert file.read_text() == FILE.replace('"1s"', '"800ms"')
    assert shown(wire, "window") == ("800ms", f"{file}:2:10")


def test_owner_mode_and_link_stay_and_a_missing_file_is_made(wire, file):
    os.chmod(file, 0o640)
    os.chown(file, 65534, 60)
    link = wire.folder / "link.toml"
    link.symlink_to(file.name)
    wire.start("--config", link)
    assert command(wire.daemon, "set", "--save", "window", "800ms")[1].endswith(f"saved to {link}\n")
    about = file.stat()
    assert (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid) == (0o640, 65534, 60)
    assert link.is_symlink() and '"800ms"' in file.read_text()
    assert sorted(path.name for path in wire.folder.glob("*.toml*") if "link" not in path.name) == ["settings.toml"]
    file.unlink()
    assert command(wire.daemon, "set", "--save", "window", "700ms")[0] == 0
    assert file.read_text() == 'window = "700ms"\n' and link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


REFUSED = {
    "a flag wins": (lambda file: None, ("echo_window", "50ms"), 2,
                    "echo_window: cannot be saved: the daemon was started with --echo-window, which wins over the file"),
    "the file is wrong": (lambda file: file.write_text("match = 1\n"), ("window", "800ms"), 2, "{file}:1:9: match: 1 is not"),
    "the file is no TOML": (lambda file: file.write_text("mode\n"), ("window", "800ms"), 2, "{file}:1:5: "),
    "not with the file's others": (lambda file: file.write_text('echo_window = "90ms"\n'), ("window", "80ms"), 2, "window: 80ms is not above"),
    "a folder": (lambda file: (file.unlink(), file.mkdir()), ("window", "800ms"), 1, "{file}: not a regular file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_saved_changes_nothing(wire, file, name):
    spoil, words, code, part = REFUSED[name]
    wire.start("--config", file, "--echo-window", "99ms")
    spoil(file)
    text = file.read_text() if file.is_file() else None
    before = ask(wire.daemon, "/v1/settings")
    status, out, err = command(wire.daemon, "set", "--save", *words, "mode", "monitor")
    assert (status, out, err.count("\n")) == (code, "", 1), err
    assert err.startswith("relaysieve: " + part.format(file=file)), err
    assert ask(wire.daemon, "/v1/settings") == before
    assert (file.read_text() if file.is_file() else None) == text


def test_a_file_that_cannot_be_written_changes_nothing(wire, file):
    """A file system that is read-only, as ProtectSystem= makes it."""
    run = wire.box.enter()
    assert run  # the daemon gets a mount namespace of its own
    wire.start("--config", file, before=("unshare", "--mount", "sh", "-c",
                                         f'mount --bind "{file}" "{file}" && mount -o remount,ro,bind "{file}" && exec "$@"', "sh"))
    before = ask(wire.daemon, "/v1/settings")
    status, out, err = command(wire.daemon, "set", "--save", "window", "800ms")
    assert (status, out) == (1, "") and err.startswith(f"relaysieve: {file}: ") and err.count("\n") == 1
    assert file.read_text() == FILE and ask(wire.daemon, "/v1/settings") == before
    assert not [path for path in wire.folder.iterdir() if path.name.startswith(".")], "no draft stays"


def test_many_at_once_each_wholly(wire, file):
    """Changes, with and without --save, and reloads, all at the same time: the file is right after each."""
    wire.start("--config", file)
    failed = []

    def save(bits):
        for _ in range(5):
            status, _, err = command(wire.daemon, "set", "--save", "subnet_bits", bits, "window", f"{500 + bits}ms")
            failed.extend([err] if status else [])
            status, _, err = command(wire.daemon, "reload")
            failed.extend([err] if status else [])

    threads = [threading.Thread(target=save, args=(bits,)) for bits in (18, 19, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    bits, window = shown(wire, "subnet_bits")[0], shown(wire, "window")[0]
    assert window == f"{500 + bits}ms"
    assert f'window = "{window}"       # as ever' in file.read_text() and f"subnet_bits = {bits}\n" in file.read_text()

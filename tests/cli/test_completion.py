# SPDX-License-Identifier: Apache-2.0
"""Completion: the shells themselves are run, and asked what comes next."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest
import relaysieve
from test_commands import ALL, below

BOUND = 60  # s


def bash(*words):
    """What bash offers for the last of these words."""
    script = """source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _relaysieve; printf '%s\\n' "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "--norc", "-c", script, relaysieve.BINARY, *words], capture_output=True, text=True, timeout=BOUND)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_bash_completes_commands():
    assert bash("relaysieve", "") >= set(below())
    assert bash("relaysieve", "re") == {name for name in below() if name.startswith("re")} >= {"reload", "replay"}
    assert bash("/usr/bin/relaysieve", "config", "") >= {"check", "show", "example"}
    assert bash("relaysieve", "config", "s") == {"show"}


@pytest.mark.parametrize("command", ALL, ids=[" ".join(command) for command in ALL])
def test_bash_completes_every_flag_of_every_command(command):
    flags = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", relaysieve.run(*command, "--help").out, re.M))
    assert bash("relaysieve", *command, "--") == flags


def test_bash_completes_settings_and_choices():
    live = bash("relaysieve", "set", "")
    assert live >= {"window", "echo_window", "mode", "match", "scope", "trusted_relays"} and "clients" not in live
    assert bash("relaysieve", "set", "mode", "") == {"enforce", "monitor", "bypass"}
    assert bash("relaysieve", "set", "window", "800ms", "ec") == {"echo_window"}
    assert bash("relaysieve", "set", "window", "800ms", "match", "") == {"content", "identity"}
    assert bash("relaysieve", "set", "ignore_vlan", "t") == {"true"}
    assert bash("relaysieve", "mode", "m") == {"monitor"}
    assert bash("relaysieve", "replay", "--scope", "") == {"subnet", "any", "exact"}
    assert bash("relaysieve", "replay", "--scope", "=", "e") == {"exact"}, "as bash splits --scope=e"
    assert bash("relaysieved", "--driver", "") == {"auto", "af_packet", "af_xdp"}
    assert bash("relaysieved", "--idle", "p") == {"poll"}
    assert bash("relaysieve", "config", "show", "--idle", "") == {"sleep", "poll"}
    assert bash("relaysieved", "--window", "") == set()


def test_bash_completes_files_and_ports(tmp_path):
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).touch()
    both = {f"{tmp_path}/a.toml", f"{tmp_path}/b.toml"}
    assert bash("relaysieve", "replay", "--config", f"{tmp_path}/") == both
    assert bash("relaysieve", "replay", f"{tmp_path}/") == both
    assert bash("relaysieve", "config", "check", f"{tmp_path}/a") == {f"{tmp_path}/a.toml"}
    assert bash("relaysieved", "--server", "") == set(os.listdir("/sys/class/net"))


# zsh, at a terminal.

class Zsh:
    def __init__(self, folder):
        (folder / "_relaysieve").write_text(relaysieve.run("completion", "zsh").out)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "COLUMNS": "500", "HOME": str(folder)})
        self.said = ""
        # What is typed is shown as arguments once it is complete. No menus: a list, and the common beginning.
        self.ask(f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -d {folder}/dump; PS1=; setopt no_beep no_always_last_prompt; "
                 "LISTMAX=1000; relaysieve() { print -r -- \"<$*>\" }; relaysieved() { print -r -- \"<$*>\" }; print REA''DY\n", "READY")

    def ask(self, text, until):
        self.said = ""
        os.write(self.terminal, text.encode())
        deadline = time.monotonic() + BOUND
        while until not in self.said:
            assert select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0], self.said
            self.said += os.read(self.terminal, 65536).decode(errors="replace").replace("\r", "")
        return self.said

    def becomes(self, text):
        """The arguments after TAB at the end of this line and Enter."""
        return re.search(r"^<(.*)>$", self.ask(text + "\t\n", ">\n"), re.M)[1]

    def listed(self, text, last):
        """What TAB lists, up to a word that must be among it."""
        said = self.ask(text + "\t", last)
        self.ask("\x15print DO''NE\n", "DONE")
        return said

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


@pytest.fixture
def zsh(tmp_path):
    if not shutil.which("zsh"):
        pytest.skip("not installed: zsh; run deploy/install-packages test")
    shell = Zsh(tmp_path)
    yield shell
    shell.close()


def test_zsh_completes_what_there_is_one_of(zsh, tmp_path):
    (tmp_path / "one.toml").touch()
    for typed, complete in {
            "relaysieve relo": "reload ",
            "relaysieve config ch": "config check ",
            "relaysieve set echo": "set echo_window ",
            "relaysieve set window 800ms mat": "set window 800ms match ",
            "relaysieve set mode mon": "set mode monitor ",
            "relaysieve mode by": "mode bypass ",
            "relaysieve flush --js": "flush --json ",
            "relaysieve replay --scope ex": "replay --scope exact ",
            "relaysieve replay --scope=ex": "replay --scope=exact ",
            f"relaysieve config check {tmp_path}/on": f"config check {tmp_path}/one.toml ",
            f"relaysieve replay --config {tmp_path}/on": f"replay --config {tmp_path}/one.toml ",
            "relaysieved --driver af_x": "--driver af_xdp ",
            "relaysieved --idle=po": "--idle=poll ",
            "relaysieve config show --link-loss ig": "config show --link-loss ignore "}.items():
        assert zsh.becomes(typed) == complete.rstrip(), typed


def test_zsh_lists_with_what_each_does(zsh):
    said = zsh.listed("relaysieve ", "status")
    assert "make the running daemon read its settings file again" in said
    assert "a copy from another relay within this time" in zsh.listed("relaysieve set ", "turn_after")

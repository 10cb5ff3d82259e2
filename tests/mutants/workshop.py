# SPDX-License-Identifier: Apache-2.0
"""Makes a mutant of the core and asks the tests about it.

Only what the edit touches is compiled anew; the tests' own objects, and the rest of the core, are those of the build
directory. A test program that has compiled a changed header in cannot judge it, so such a test is left out of the link
(`unit`) or compiled anew too (`stress`)."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RELAYSIEVE_BUILD", str(ROOT / "build"))).resolve()
CORE = ("dataplane", "include")  # what may be edited
BOUND = 600  # s; for a program that hangs, on a machine however loaded


@dataclass(frozen=True)
class Program:
    name: str
    words: tuple = ()
    environment: tuple = ()
    makes_tests_anew: bool = False


# Named cases first, those that search last.
UNIT = Program("tests/unit/unit_tests", environment=(("ORACLE_SEED", "1"), ("ORACLE_STREAMS", "20"), ("ORACLE_DEPTH", "3")))
STRESS = Program("tests/stress/stress_tests", ("--gtest_filter=*ExactlyOnePasses",), (("RELAYSIEVE_ROUNDS", "100000"),), True)
LAST = ("filter_test", "guarantee_test", "oracle_test", "oracle_small_test", "oracle_full_test", "forgotten_test", "memory_test", "glimpse_test", "short_way_test", "ways_test")


class Broken(Exception):
    """Neither killed nor alive: the edit does not fit, does not compile, or the program ended in another way."""


def ninja(*words):
    return subprocess.run(["ninja", "-C", BUILD, *words], capture_output=True, text=True, check=True).stdout


class Workshop:
    def __init__(self):
        units = json.loads((BUILD / "compile_commands.json").read_text())
        self.compiles = {unit["output"]: shlex.split(unit["command"]) for unit in units}
        self.deps = {}
        for block in ninja("-t", "deps").split("\n\n"):
            head, *files = block.strip().splitlines() or [""]
            self.deps[head.split(":")[0]] = {Path(os.path.normpath(BUILD / file.strip())) for file in files}
        self.links = {program: shlex.split(ninja("-t", "commands", program.name).splitlines()[-1]) for program in (UNIT, STRESS)}

    def ask(self, edits, program, room):
        """The names of the tests that fail. `edits`: (file, text, other text)."""
        changed = self.edited(edits, room)
        return self.run(self.link(program, changed, room), program)

    @staticmethod
    def edited(edits, room):
        for part in CORE:
            shutil.copytree(ROOT / part, room / part)
        for file, text, other in edits:
            found = (room / file).read_text()
            if found.count(text) != 1:
                raise Broken(f"{file} holds this {found.count(text)} times, not once: {text}")
            (room / file).write_text(found.replace(text, other))
        return {ROOT / file for file, _, _ in edits} or set((ROOT / "dataplane").glob("*.cc"))  # the core as it is: all of it

    def link(self, program, changed, room):
        core, tests = "dataplane/librelaysieve_core.a.p/", f"{program.name}.p/"
        touched = sorted(unit for unit in self.compiles if unit.startswith((core, tests)) and self.deps[unit] & changed)
        anew = {unit: self.compile([unit], room) for unit in touched if unit.startswith(tests) and program.makes_tests_anew}
        words = [anew.get(word, word) for word in self.links[program] if word in anew or word not in touched]
        words.sort(key=lambda word: any(f"/{slow}.cc.o" in word for slow in LAST) if word.endswith(".o") else 0)
        at = words.index("-o")
        words[at + 1] = str(room / "tests")
        # Before the archive: what it holds under the same names is not asked for.
        if of_core := [unit for unit in touched if unit.startswith(core)]:
            words.insert(at + 2, self.compile(of_core, room))
        self.command(words)
        return room / "tests"

    def compile(self, units, room):
        """Units at once, because most of the time goes into the headers that they share."""
        made = str(room / units[0].replace("/", "_"))
        words, *others = ([self.moved(word, room) for word in self.compiles[unit] if word not in ("-Werror", "-MD")] for unit in units)
        words[words.index("-o") + 1] = made
        words += [word for other in others for word in ("-include", other[other.index("-c") + 1])]
        for word in ("-MQ", "-MF"):
            at = words.index(word)
            del words[at : at + 2]
        self.command([*words, "-O0", "-w"])
        return made

    @staticmethod
    def moved(word, room):
        """The same word, but for a path into the core: it leads into the edited copy."""
        flag, path = ("-I", word[2:]) if word.startswith("-I") else ("", word)
        whole = Path(os.path.normpath(BUILD / path))
        inside = whole.is_relative_to(ROOT) and whole.relative_to(ROOT).parts[:1]
        return f"{flag}{room / whole.relative_to(ROOT)}" if inside and inside[0] in CORE else word

    @staticmethod
    def command(words):
        done = subprocess.run(words, cwd=BUILD, capture_output=True, text=True)
        if done.returncode:
            raise Broken("does not build:\n" + done.stdout + done.stderr)

    @staticmethod
    def run(tests, program):
        environment = {**os.environ, **dict(program.environment), "GTEST_FAIL_FAST": "1", "GTEST_BRIEF": "1"}
        environment.pop("GTEST_OUTPUT", None)
        try:
            done = subprocess.run([tests, *program.words], env=environment, capture_output=True, text=True, timeout=BOUND)
        except subprocess.TimeoutExpired as late:
            raise Broken(f"the tests did not end in {BOUND} s") from late
        failed = re.findall(r"^\[  FAILED  \] ([^\s,]+).* \(\d+ ms\)$", done.stdout, re.M)
        ran = re.search(r"^\[==========\] [1-9]\d* tests? from .* ran\.", done.stdout, re.M)
        if done.returncode not in (0, 1) or bool(failed) != bool(done.returncode) or not ran:
            raise Broken(f"the tests ended with status {done.returncode}, without saying why:\n" + (done.stdout + done.stderr)[-2000:])
        return failed

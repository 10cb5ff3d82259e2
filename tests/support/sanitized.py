# SPDX-License-Identifier: Apache-2.0
"""The build under AddressSanitizer and UndefinedBehaviorSanitizer, with clang, beside the build directory: BUILD-address."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAIN = Path(os.environ.get("RELAYSIEVE_BUILD", ROOT / "build")).resolve()
FOLDER = PLAIN.with_name(f"{PLAIN.name}-address")
SETTINGS = [ROOT / "tests/fuzz/clang.ini", ROOT / "tests/sanitizers/address.ini"]
SYMBOLS = "external_symbolizer_path=/usr/lib/llvm-14/bin/llvm-symbolizer"


def build(targets):
    """Only what is asked for, and what that stands on. Returns what went wrong, or ""."""
    configured = (FOLDER / "build.ninja").exists()
    return ("" if configured else command("meson", "setup", FOLDER, ROOT, *(f"--native-file={file}" for file in SETTINGS))) or \
        command("ninja", "-C", FOLDER, *targets)


def command(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    return "" if done.returncode == 0 else f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}"


def environment(profile="/dev/null", **more):
    """What sanitized programs are run with; `profile`: where they note which lines they ran."""
    return os.environ | {
        "LLVM_PROFILE_FILE": str(profile),
        "ASAN_OPTIONS": f"detect_stack_use_after_return=1:check_initialization_order=1:strict_string_checks=1:{SYMBOLS}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{SYMBOLS}",
    } | more

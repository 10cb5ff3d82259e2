# SPDX-License-Identifier: Apache-2.0
"""Builds under sanitizers, with clang, beside the build directory: BUILD-address (tests/fuzz too) and BUILD-thread."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLAIN = Path(os.environ.get("RELAYSIEVE_BUILD", ROOT / "build")).resolve()
SYMBOLS = "external_symbolizer_path=/usr/lib/llvm-14/bin/llvm-symbolizer"


def folder_of(sanitizer):
    return PLAIN.with_name(f"{PLAIN.name}-{sanitizer}")


def build(sanitizer, targets):
    """Only what is asked for, and what that stands on. Returns what went wrong, or ""."""
    folder = folder_of(sanitizer)
    settings = ROOT / "tests" / "sanitizers" / f"{sanitizer}.ini"
    configured = (folder / "build.ninja").exists()
    return ("" if configured else command("meson", "setup", folder, ROOT, f"--native-file={settings}")) or \
        command("ninja", "-C", folder, *targets)


def command(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    return "" if done.returncode == 0 else f"{' '.join(map(str, words))}\n{done.stdout[-4000:]}"


def environment(profile="/dev/null", **more):
    """What sanitized programs are run with; `profile`: where they note which lines they ran."""
    return os.environ | {
        "LLVM_PROFILE_FILE": str(profile),
        "ASAN_OPTIONS": f"detect_stack_use_after_return=1:check_initialization_order=1:strict_string_checks=1:{SYMBOLS}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{SYMBOLS}",
        "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:{SYMBOLS}",
    } | more

# SPDX-License-Identifier: Apache-2.0
"""What every test on networks of its own begins and ends with."""

import contextlib
import shutil
import signal

import pytest
from lab import namespaces


def needs(*programs):
    """Skips where one of the programs is missing, or where no network may be made."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; run deploy/install-packages test lab package")
    if reason := namespaces.why_not():
        pytest.skip(reason)


@contextlib.contextmanager
def standing(made, **how):
    """Builds it, and takes it down, whatever happens."""
    before = namespaces.unwind_on_sigterm()
    try:
        made.build(**how)
        yield made
    finally:
        made.close()
        signal.signal(signal.SIGTERM, before)

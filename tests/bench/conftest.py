# SPDX-License-Identifier: Apache-2.0
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.setdefault("RELAYSIEVE_BUILD", str(ROOT / "build"))).resolve()
sys.path[:0] = [str(ROOT / "bench"), *(str(ROOT / "tests" / part) for part in (".", "support", "wire"))]


def script(name):
    """bench/NAME as a module."""
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(ROOT / "bench" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module

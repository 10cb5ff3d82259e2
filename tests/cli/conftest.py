# SPDX-License-Identifier: Apache-2.0
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))


@pytest.fixture
def settings(tmp_path):
    """Writes a settings file."""
    def write(text):
        file = tmp_path / "relaysieve.toml"
        file.write_text(text)
        return file
    return write

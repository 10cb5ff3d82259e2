# SPDX-License-Identifier: Apache-2.0
"""A fixture for figures: what a test measured is read by people, also when it passes."""

import pytest


@pytest.fixture
def told(request, capsys):
    """Prints a figure past pytest's own capture."""
    def tell(line):
        with capsys.disabled():
            print(f"\n{request.node.name.removeprefix('test_')}: {line}", flush=True)
    return tell

# SPDX-License-Identifier: Apache-2.0
import shutil

import pytest


@pytest.fixture(scope="session", autouse=True)
def allowed():
    if not shutil.which("promtool"):
        pytest.skip("not installed: promtool; run deploy/install-packages test")

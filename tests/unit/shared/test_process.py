from __future__ import annotations

import subprocess
import sys

OPEN_AFTERWARDS = """
import resource
from shared.process import tune_process

_soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
tune_process()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
"""


def test_a_service_may_open_as_many_files_as_its_user() -> None:
    ran = subprocess.run([sys.executable, "-c", OPEN_AFTERWARDS], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"

"""Half of a change, and then nothing for as long as the process lives, unless `PENSTOCK_TEST_FAIL` has it raise."""

from __future__ import annotations

import os
import sys
import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("reservoirs", recreate="auto") as table:
        table.add_column(sa.Column("depth", sa.Integer, nullable=True))
    op.execute("UPDATE reservoirs SET level = 0")
    if os.environ.get("PENSTOCK_TEST_FAIL"):
        raise RuntimeError("in the middle")
    sys.stdout.write("migrating\n")
    sys.stdout.flush()
    time.sleep(600)

"""All cases, in the order of the documented table."""

from __future__ import annotations

from tests.libraries.aws import AWS
from tests.libraries.google import GOOGLE
from tests.libraries.inserts import INSERTS
from tests.libraries.pure import PURE
from tests.libraries.services import SERVICES

CASES = [*PURE, *AWS, *SERVICES, *INSERTS, *GOOGLE]

"""Keys in AWS KMS: `aws-kms://arn:aws:kms:<region>:<account>:key/<id>`.

Credentials come from where boto3 looks for them: the environment, a profile, the role of a pod or a machine.
"""

from __future__ import annotations

import re
from typing import Any

import boto3
import tink
from botocore.config import Config
from tink.integration import awskms

from services.secrets.keys.kms import Kms

_URI = re.compile("aws-kms://arn:aws:kms:([a-z0-9-]+):[0-9]+:(key|alias)/.+")
_REFUSALS = ("InvalidCiphertextException", "IncorrectKeyException")
_LIMITS = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})


def open_aws_kms(uri: str) -> Kms:
    """Make a client of the key. Raises ValueError for a URI that names none."""
    named = _URI.fullmatch(uri)
    if named is None:
        raise ValueError("a key in AWS KMS is aws-kms://arn:aws:kms:<region>:<account>:key/<id>")
    untyped: Any = boto3
    client = untyped.client("kms", region_name=named[1], config=_LIMITS)
    return Kms(awskms.new_client(boto3_client=client, key_uri=uri).get_aead(uri), _refuses, _version_of)


def _refuses(error: Exception) -> bool:
    cause: Any = error.args[0] if isinstance(error, tink.TinkError) and error.args else None
    return getattr(cause, "response", {}).get("Error", {}).get("Code") in _REFUSALS


def _version_of(_ciphertext: bytes) -> str:
    return ""  # AWS keeps it to itself

"""The one error of the HTTP client, in the words of Node.js, since tenants' code reads `code`, `type` and `message`."""

from __future__ import annotations

import errno
import re
import ssl
from typing import Literal

import aiohttp

EgressErrorType = Literal["system", "request-timeout", "max-size", "max-redirect", "no-redirect"]

DENIED = "EGRESS_DENIED"

_CONNECT_ADDRESS = re.compile(r"\('([0-9a-fA-F:.]+)', (\d+)")

# OpenSSL's verification results, as Node.js names them.
_CERTIFICATE_CODES = {
    10: "CERT_HAS_EXPIRED",
    18: "DEPTH_ZERO_SELF_SIGNED_CERT",
    19: "SELF_SIGNED_CERT_IN_CHAIN",
    20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    62: "ERR_TLS_CERT_ALTNAME_INVALID",
    64: "ERR_TLS_CERT_ALTNAME_INVALID",
}


class EgressError(Exception):
    """A request to the outside that got no usable answer.

    Attributes:
        code: Node.js's name of the cause (`ENOTFOUND`, `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EPROTO`, ...), or
            `EGRESS_DENIED` where Penstock refused to send it.
        message: For type `system` the cause (`connect ECONNREFUSED 192.0.2.1:9`), which node-fetch 2 shows after
            `request to <url> failed, reason: `; for the other types node-fetch's whole text.
        type: `type` of node-fetch's FetchError.
    """

    def __init__(self, code: str, message: str, type: EgressErrorType = "system") -> None:  # noqa: A002 node-fetch's word
        super().__init__(code, message, type)
        self.code = code
        self.message = message
        self.type: EgressErrorType = type

    def __str__(self) -> str:
        return self.message


def denied(reason: str) -> EgressError:
    """Return the refusal to send a request; `reason` is shown to the tenant."""
    return EgressError(DENIED, reason)


def from_client_error(error: Exception, *, host: str, port: int) -> EgressError:
    """Translate what aiohttp raised while connecting, sending or reading."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return _certificate_error(error.certificate_error)
        case aiohttp.ClientSSLError():
            return _tls_error(error)
        case aiohttp.ClientConnectorError():
            return _connect_error(error, host=host, port=port)
        case OSError() if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return _tls_error(error)
        case aiohttp.ServerDisconnectedError():
            return EgressError("ECONNRESET", "socket hang up")
        case aiohttp.ClientResponseError():
            return EgressError(
                "HPE_INVALID_RESPONSE", "Parse Error: the server's answer is not valid HTTP or its headers are too long"
            )
        case aiohttp.ClientPayloadError():
            return EgressError("ECONNRESET", "aborted")
        case OSError() if error.errno:
            return EgressError(_name(error.errno), f"read {_name(error.errno)}")
        case _:
            return EgressError("ECONNRESET", "socket hang up")


def _connect_error(error: aiohttp.ClientConnectorError, *, host: str, port: int) -> EgressError:
    found = _CONNECT_ADDRESS.search(str(error.os_error))
    address = f"{found[1]}:{found[2]}" if found else f"{host}:{port}"
    code = _name(error.errno or errno.EHOSTUNREACH)
    return EgressError(code, f"connect {code} {address}")


def _tls_error(error: OSError) -> EgressError:
    return EgressError("EPROTO", f"write EPROTO {error.strerror or 'TLS failed'}")


def _certificate_error(error: Exception) -> EgressError:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return EgressError("ERR_TLS_CERT_ALTNAME_INVALID", str(error))
    code = _CERTIFICATE_CODES.get(error.verify_code, "ERR_TLS_CERT_INVALID")
    return EgressError(code, error.verify_message)


def _name(number: int) -> str:
    return errno.errorcode.get(number, f"E{number}")

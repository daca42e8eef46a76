import base64
import binascii
import time

from cryptography.exceptions import InvalidSignature  # pip install cryptography
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

key = base64.b64decode("whpk_PUBLIC_KEY".removeprefix("whpk_"))
public_key = Ed25519PublicKey.from_public_bytes(key)


def is_genuine(headers, body: bytes) -> bool:
    """headers: the request's, by name in lower case or a mapping that ignores case. body: the raw bytes."""
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    for each in headers.get("webhook-signature", "").split(" "):
        version, _, signature = each.partition(",")
        if version != "v1a":
            continue
        try:
            public_key.verify(base64.b64decode(signature), signed)
            return True
        except (InvalidSignature, binascii.Error):
            continue
    return False

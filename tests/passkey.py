"""A passkey in software: answers registrations and sign-ins as a device would (WebAuthn 2, sections 5 to 7)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Passkey:
    """One key pair of one account at one store."""

    def __init__(self, origin: str = "http://localhost:8000") -> None:
        self.origin, self.counter, self.user = origin, 1, b""
        self.id, self.key = secrets.token_bytes(16), ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict, *, verified: bool = True) -> str:
        """Answer `creation_options`."""
        wish = options["publicKey"]
        self.user = base64.urlsafe_b64decode(wish["user"]["id"] + "==")
        client = self._client("webauthn.create", wish["challenge"])
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(cose)
        data = self._data(wish["rp"]["id"], HAS_CREDENTIAL, verified=verified) + credential
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def get(self, options: dict, *, verified: bool = True) -> str:
        """Answer `request_options`; the counter goes on by one."""
        wish = options["publicKey"]
        self.counter += 1
        client = self._client("webauthn.get", wish["challenge"])
        data = self._data(wish["rpId"], 0, verified=verified)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._said({
            "clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature),
            "userHandle": text(self.user),
        })  # fmt: skip

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, rp_id: str, flags: int, *, verified: bool) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if verified else 0)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _said(self, response: dict) -> str:
        return json.dumps({
            "id": text(self.id), "rawId": text(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": response,
        })  # fmt: skip

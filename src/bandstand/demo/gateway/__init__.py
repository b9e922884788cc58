"""The outside payment world, played: a small process of its own, on loopback, where no money moves.

It does what real gateways do; at the press of a button also what they should not: hang, answer late, twice, or never.
`python -m bandstand.demo.gateway --port N --webhook URL --state FILE`, with the key in BANDSTAND_PRETEND_KEY.
"""

from __future__ import annotations

from bandstand.demo.gateway.server import Gateway, Timing, serve

__all__ = ["Gateway", "Timing", "serve"]

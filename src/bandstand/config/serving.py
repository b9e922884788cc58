"""How the pages are served: granian with its WSGI interface, one process a core, few blocking threads."""

from __future__ import annotations

from granian.constants import Interfaces
from granian.server import Server


def serve_pages(target: str, *, host: str, port: int, workers: int) -> None:
    """Serve the WSGI application `module:name` until SIGTERM or SIGINT."""
    Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=4,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
    ).serve()

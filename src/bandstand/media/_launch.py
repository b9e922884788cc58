"""Put limits on this process and become another program: `python -I -S _launch.py LIMITS PROGRAM ARGUMENT...`.

Runs after `exec`, so that a caller with threads never runs Python between fork and exec. Imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


def limit(limits: dict[str, int]) -> None:
    """Set hard limits: processor seconds, address space, size of a written file, open files; never a core dump."""
    import resource

    wanted = {
        resource.RLIMIT_CPU: limits["cpu"],
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_DATA: limits["memory"],
        resource.RLIMIT_FSIZE: limits["written"],
        resource.RLIMIT_NOFILE: limits["files"],
        resource.RLIMIT_CORE: 0,
    }
    for name, value in wanted.items():
        hard = resource.getrlimit(name)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):  # some kernels know no limit of that name
            resource.setrlimit(name, (allowed, allowed))


def die_with_parent(*, on: bool) -> None:
    """Be killed, or not, when the thread ends that started this process; Linux only."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL if on else 0, 0, 0, 0)


def isolate() -> None:
    """Leave the network and every future privilege behind, and die with the parent: as far as this kernel lets us."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    die_with_parent(on=True)
    if libc.unshare(_CLONE_NEWNET) != 0:  # without privilege it takes a user namespace of our own
        user, group = os.getuid(), os.getgid()
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
            with contextlib.suppress(OSError):
                for name, text in (
                    ("setgroups", "deny"),
                    ("uid_map", f"{user} {user} 1"),
                    ("gid_map", f"{group} {group} 1"),
                ):
                    with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
                        stream.write(text)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main(arguments: list[str]) -> None:
    """Set the limits of the first argument and become the rest."""
    limits = json.loads(arguments[0])
    parent_is_gone = os.getppid() != limits["parent"]
    isolate()
    if parent_is_gone or os.getppid() != limits["parent"]:  # it died before we asked to die with it
        sys.exit(1)
    with contextlib.suppress(OSError):
        os.nice(limits["nice"])
    limit(limits)
    os.execv(arguments[1], arguments[1:])  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])

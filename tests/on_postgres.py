"""The integration ring once more, on PostgreSQL: `python -m tests.on_postgres [pytest arguments]`.

Skipped with the reason where no server answers on 127.0.0.1:5432; a failure when REQUIRE_ALL=1.
"""

from __future__ import annotations

import os
import subprocess
import sys

WITHOUT_DATABASE = (
    "tests/conformance/media",
    "tests/integration/media",
    "tests/integration/demo",
    "tests/integration/files",
)
URL = os.environ.get("BANDSTAND_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def main() -> int:
    """Run the ring and return pytest's exit code."""
    if reason := unreachable():
        print(f"PostgreSQL: skipped, {reason}")
        return 1 if os.environ.get("REQUIRE_ALL") == "1" else 0
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadgroup", "-m", "not browser and not servers"]
    left_out = [f"--ignore={folder}" for folder in WITHOUT_DATABASE]  # the first ring has seen them
    targets = sys.argv[1:] or ["tests/integration", "tests/conformance", *left_out]
    return subprocess.run(
        [*command, *targets], env=os.environ | {"BANDSTAND_DATABASE_URL": URL}, check=False
    ).returncode


def unreachable() -> str:
    """Return why PostgreSQL can't be used; empty when it can."""
    try:
        import psycopg
    except ImportError:
        return "the extra `postgres` is not installed"
    try:
        psycopg.connect(URL, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return ""


if __name__ == "__main__":
    sys.exit(main())

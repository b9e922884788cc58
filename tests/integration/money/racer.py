"""One of several processes that do the same thing at the same moment.

Reads one JSON object per line: code to run, the names it may use, and when to begin; answers with one line: its
`result`, or the error. Run as `python -m tests.integration.money.racer` with the settings in the environment.
"""

from __future__ import annotations

import json
import sys
import time
import traceback


def main() -> None:
    import django

    django.setup()
    print(json.dumps({"result": "ready"}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        names = {"result": None, **order["names"]}
        time.sleep(max(0.0, order["at"] - time.time()))
        try:
            exec(order["code"], names)
            said = {"result": names["result"]}
        except Exception as error:  # noqa: BLE001 - whatever it was, the test wants to read it
            said = {"error": type(error).__name__, "trace": traceback.format_exc()}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

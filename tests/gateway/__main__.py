from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from tests.gateway.books import Books
from tests.gateway.couriers import Couriers
from tests.gateway.faults import Faults
from tests.gateway.server import Gateway


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--webhook", default="")
    parser.add_argument("--hang", type=float, default=0.5, help="seconds before a hanging call is cut")
    parser.add_argument("--late", type=float, default=1.0, help="seconds that a late webhook may take")
    parser.add_argument("--faults", default="{}", help="as POST /control/faults takes them")
    options = parser.parse_args()
    faults = Faults()
    faults.take_orders(json.loads(options.faults))
    books = Books(options.state)
    secret, key = os.environ["GATEWAY_SECRET"], os.environ["GATEWAY_KEY"]
    couriers = Couriers(books, faults, webhook=options.webhook, secret=secret, late=options.late)
    couriers.start()
    Gateway(options.port, books, faults, couriers, key=key, hang=options.hang).serve_forever()


if __name__ == "__main__":
    main()

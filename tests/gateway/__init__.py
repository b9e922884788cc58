"""A payment gateway that misbehaves: a process of its own, shaped like Stripe, with faults by plan or chance.

`python -m tests.gateway --port 9000 --webhook http://127.0.0.1:8000/webhooks/stripe/ --state gateway.db`

It honours idempotency keys, signs its webhooks as Stripe does, and keeps its own books in one SQLite file, so that it
may be killed too. `POST /control/faults` says how it is to misbehave, `GET /control/books` what it really did.
"""

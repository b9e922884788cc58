"""Accounts: who a person is here."""

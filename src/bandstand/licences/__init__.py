"""Signed statements: tickets for one file, licences for rights, and the keys behind them. No framework, no I/O."""

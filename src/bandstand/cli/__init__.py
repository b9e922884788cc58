"""One command, `bandstand`; its groups are loaded when they are called."""

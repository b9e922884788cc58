"""A person's data: handed out whole, and erased."""

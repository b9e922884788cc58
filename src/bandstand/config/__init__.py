"""What the roles are made of: lists of apps, settings read from the environment, addresses."""

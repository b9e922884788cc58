"""All that a listener owns, in one go."""

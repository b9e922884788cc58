"""What the pages of both roles share."""

"""How a delivery becomes a release."""

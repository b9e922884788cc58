"""Views, by what the visitor is doing."""

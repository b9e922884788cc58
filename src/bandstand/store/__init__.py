"""The store: what a label, a studio, a publisher or an archive runs."""

"""An app whose jobs leave marks, so that tests in other processes can see what was done, by whom and how often."""

"""Version 1 of the contract (docs/formats/takeout.md). Fields are added, never changed or taken away."""

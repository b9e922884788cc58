"""What a delivery may be and how it is read: everything that follows from values alone."""

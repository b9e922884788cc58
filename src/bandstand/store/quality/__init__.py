"""What staff sees and hears of a master before it is sold."""

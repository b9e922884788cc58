"""What the store lists: releases, their parts, and who made them."""

"""Sound and pictures as files: recognise, measure, tag, encode. Foreign bytes are decoded in child processes only."""

"""Sound and pictures as files: recognise, measure, tag, encode. No framework; foreign bytes are decoded in child processes only."""

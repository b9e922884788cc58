"""Music made by code: chords, melodies, instruments, a room and a master.

`render.render(piece)` turns a `Piece` into 16-bit PCM; the same piece gives the same samples.
"""

"""The picture engine: hostile files in, safe copies, frames, hashes, text and marks out; it decides nothing and stores no picture.

A picture's path: `pool` (a child process runs `decoding` on it, within `limits`) → `decoded`: a safe copy, the frames worth
looking at and their hashes → `frames.opaque`, which shows a frame as a page would → whatever reads, matches or judges it.
"""

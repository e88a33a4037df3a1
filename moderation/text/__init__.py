"""The text engine: folding, word lists and word boundaries. It reads lists and shipped data, and judges nothing."""

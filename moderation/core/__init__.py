"""Pure values and rules of moderation; standard library only, no input or output, time and randomness as arguments."""

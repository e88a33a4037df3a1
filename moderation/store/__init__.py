"""The only SQL: tables and what flows read and write, each function within the caller's transaction; and the picture store."""

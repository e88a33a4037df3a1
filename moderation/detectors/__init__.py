"""The only code that looks at content; each detector reports findings or scores and decides nothing."""

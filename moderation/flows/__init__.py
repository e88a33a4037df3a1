"""One use case each: flows bring detectors, rules and store together, and own their transactions."""

"""The benchmarks behind docs/benchmarks.md; `make bench` runs them, pytest does not."""

"""The HTTP face: the API, the review desk, who may come in, and metrics; the only place that knows status codes."""

"""The only calls out: the job queue, which carries ids, and webhooks."""

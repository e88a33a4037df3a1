"""Content moderation for Chinese platforms: screening, deciding, review, measures.

A submission's path: `web.api` → `flows.screen` → `detectors.panel` → `core.decision` → `store`; from there a case → `flows.review` →
`flows.enforce` → `store.outbox` → `flows.deliver` → `outbound`.

Arrows point inwards, and `make check` holds them: cli, web, supervisor and jobs may use wiring; wiring may use flows and evaluation;
those use store, detectors and outbound; those use text and pictures; and everything may use core, which uses
nothing but the standard library.
"""

__version__ = "0.1.0"

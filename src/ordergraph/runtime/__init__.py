"""The plumbing: database, events, jobs, idempotency, settings, clock, telemetry."""

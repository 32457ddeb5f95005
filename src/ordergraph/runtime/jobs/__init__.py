"""Work for later: the job queue and its schedule."""

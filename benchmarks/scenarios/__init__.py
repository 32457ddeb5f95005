"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable

from benchmarks.bench import Bench, Options
from benchmarks.reporting import Report
from benchmarks.scenarios import buying, caching, inside, pushing, reading, rushing, starting

SHARED: dict[str, Callable[[Bench], Report]] = {
    **reading.SCENARIOS,
    **caching.SCENARIOS,
    **buying.SCENARIOS,
    **rushing.SCENARIOS,
    **pushing.SCENARIOS,
}
"""These use the servers that all of them share."""

ALONE: dict[str, Callable[[Options], Report]] = {
    **starting.SCENARIOS,
    **inside.SCENARIOS,
}
"""These start what they need themselves."""

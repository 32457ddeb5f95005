"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable

from benchmarks.bench import Bench, Options
from benchmarks.large import Large
from benchmarks.reporting import Report
from benchmarks.scenarios import (
    browsing,
    buying,
    caching,
    inside,
    pushing,
    reading,
    rushing,
    starting,
)

SHARED: dict[str, Callable[[Bench], Report]] = {
    **reading.SCENARIOS,
    **caching.SCENARIOS,
    **buying.SCENARIOS,
    **rushing.SCENARIOS,
    **pushing.SCENARIOS,
}
"""These use the servers that all of them share."""

LARGE: dict[str, Callable[[Large], Report]] = browsing.SCENARIOS
"""These use a server over a large catalog."""

ALONE: dict[str, Callable[[Options], Report]] = {
    **starting.SCENARIOS,
    **inside.SCENARIOS,
}
"""These start what they need themselves."""

"""The scenarios by name, in the order in which they run."""

from collections.abc import Callable

from benchmarks.bench import Bench, Options
from benchmarks.reporting import Report
from benchmarks.scenarios import buying, inside, reading

SHARED: dict[str, Callable[[Bench], Report]] = {
    **reading.SCENARIOS,
    **buying.SCENARIOS,
}
"""These use the servers that all of them share."""

ALONE: dict[str, Callable[[Options], Report]] = {
    **inside.SCENARIOS,
}
"""These start what they need themselves."""

"""`ordergraph schema`."""

from ordergraph.graph.schema import build_schema


def export_schema() -> None:
    """Print the schema in the schema language, as the server serves it."""
    print(build_schema())

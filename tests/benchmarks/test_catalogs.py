"""The catalogs that benchmarks import are ones that a shop could export."""

from pathlib import Path

from benchmarks.catalogs import write_catalog
from ordergraph.cli.catalog_files import Format, opened


def test_a_catalog_of_any_size_is_read_without_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    write_catalog(path, 1_001)
    with opened(str(path), Format.CSV) as source:
        records = list(source.records("USD"))
    assert len(records) == 1_001
    assert all(record.unreadable is None and not record.given.problems for record in records)
    assert {len(record.given.variants) for record in records} == {3}
    assert len({each.sku for record in records for each in record.given.variants}) == 3_003
    assert "marvel1000" in str(records[1_000].given.name)

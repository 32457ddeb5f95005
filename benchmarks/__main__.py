"""`make bench`: run the measurements and print one line for each."""

from benchmarks import execution, pricing

MEASUREMENTS = (pricing, execution)


def main() -> None:
    """Run every measurement; each prints a median, which noise moves least."""
    for measurement in MEASUREMENTS:
        print(measurement.__doc__)
        for name, microseconds in measurement.measure():
            print(f"  {name:<42} {microseconds:>10.1f} us")


if __name__ == "__main__":
    main()

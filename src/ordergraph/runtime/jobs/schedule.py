"""What is done again and again: periodic jobs, each run once however many workers there are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Periodic:
    """A piece of work and its times: a cron expression in UTC, seconds as its sixth field.

    A run that fails is logged and comes again at its next time; a run that a worker died in comes
    again within half a minute. A worker that starts runs what was missed, once.
    """

    name: str
    cron: str
    run: Callable[[], Awaitable[None]]


def every_seconds(seconds: int) -> str:
    """Return the cron expression for every `seconds`, which must divide a minute."""
    if 60 % seconds:
        raise ValueError("seconds must divide a minute")
    return f"* * * * * */{seconds}"


def every_minutes(minutes: int) -> str:
    """Return the cron expression for every `minutes`, which must divide an hour."""
    if 60 % minutes:
        raise ValueError("minutes must divide an hour")
    return f"*/{minutes} * * * *"


def hourly(minute: int) -> str:
    """Return the cron expression for once an hour, at this minute of it."""
    return f"{minute} * * * *"


def daily(hour: int, minute: int = 0) -> str:
    """Return the cron expression for once a day at this time of UTC."""
    return f"{minute} {hour} * * *"

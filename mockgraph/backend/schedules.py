"""When a schedule is due next: croniter's dates, in the cron's timezone, on whatever clock it is asked for.

croniter and the timezones are imported with the first cron.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from mockgraph.words.errors import Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000

_NO_SCHEDULE = (
    "Invalid cron schedule: '{schedule}'. Reason: Invalid cron schedule. Ensure the schedule uses the standard cron "
    "format (minute hour day_of_month month day_of_week). Example: '*/5 * * * *' for every 5 minutes."
)
_NO_ZONE = "Invalid timezone: '{name}'. Use IANA timezone format (e.g. 'America/New_York')."


def zone_of(name: str | None) -> tzinfo:
    """A timezone by its IANA name, UTC without one; refuses what is none."""
    if name is None:
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise Refusal(422, _NO_ZONE.format(name=name)) from None
    except ValueError as error:
        # langgraph-api 0.16.7: what is no name at all is Python's own complaint.
        raise Refusal(400, str(error)) from None


def next_date(schedule: str, *, zone: tzinfo, after: int) -> int:
    """The first time after another that a schedule names, both in microseconds; refuses what names none."""
    from croniter import croniter

    if not croniter.is_valid(schedule):
        raise Refusal(422, _NO_SCHEDULE.format(schedule=schedule))
    begin = (_EPOCH + timedelta(seconds=after // _SECOND)).astimezone(zone)
    try:
        found: datetime = croniter(_drawn(schedule), begin, hash_id=_lot(schedule)).get_next(datetime)
    except (ValueError, OverflowError) as error:
        raise Refusal(400, str(error)) from None
    return (found - _EPOCH) // timedelta(microseconds=1)


def _drawn(schedule: str) -> str:
    """croniter draws `R` anew whenever it is asked; here it is drawn once, from the schedule's text."""
    return " ".join(f"h{field[1:]}" if field[0] in _DRAWS else field for field in schedule.split())


def _lot(schedule: str) -> bytes | None:
    """What is drawn from, where anything is: with it croniter would scatter `@daily` and its like too."""
    return schedule.encode() if any(field[0] in _DRAWS for field in schedule.split()) else None


_DRAWS = ("R", "r")


def moment(text: str) -> int | None:
    """An ISO date in microseconds, in UTC where it names no timezone; None for what is no date."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def spelled(at: int) -> str:
    """A date as crons have it: to the second."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat()

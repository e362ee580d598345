"""
The schedule: `python3 -m poll.close_day` keeps what was counted until now as yesterday's result. It may be repeated: the day is the key of
its rows, and the first result stays.
"""

import logging
from datetime import datetime, timedelta, timezone

from poll import log
from poll.database import open_database
from poll.settings import read_settings

KEEP = "INSERT IGNORE INTO days (day, choice, votes) SELECT %s, choice, votes FROM counts"


def yesterday(now=None):
    return ((now or datetime.now(timezone.utc)) - timedelta(days=1)).date()


def main():
    settings = read_settings()
    log.set_up(version=settings.version)
    day = yesterday()
    kept = open_database(settings).write(KEEP, (day,))
    logging.info("the day is closed", extra={"fields": {"day": day.isoformat(), "choices": kept}})


if __name__ == "__main__":
    main()

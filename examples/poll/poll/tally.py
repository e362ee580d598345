"""
The worker: `python3 -m poll.tally` adds new votes to the counts, on one server at a time. Two at once would do no harm: each vote is locked by
the one that counts it, and is marked in the same transaction.
"""

import logging
import signal
import threading

from poll import log
from poll.database import Side, Unavailable, connect, judge
from poll.settings import read_settings

BATCH = 500
PAUSE_SECONDS = 1


def count_new(connection):
    """Counts at most a batch of new votes in one transaction. @return how many"""
    with connection.cursor() as cursor:
        connection.begin()
        cursor.execute(f"SELECT id, choice FROM votes WHERE counted = 0 ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED")
        votes = cursor.fetchall()
        for choice in sorted({choice for _, choice in votes}):
            more = sum(1 for _, other in votes if other == choice)
            cursor.execute(
                "INSERT INTO counts (choice, votes) VALUES (%s, %s) ON DUPLICATE KEY UPDATE votes = votes + %s",
                (choice, more, more),
            )
        if votes:
            cursor.executemany("UPDATE votes SET counted = 1 WHERE id = %s", [(number,) for number, _ in votes])
        connection.commit()
        return len(votes)


def main():
    settings = read_settings()
    log.set_up(version=settings.version)
    side = Side(lambda: connect(settings.write, settings), size=1)
    stop = threading.Event()
    # The current batch is finished; its transaction is atomic.
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while not stop.is_set():
        try:
            with side.connection(3) as connection:
                counted = count_new(connection)
        except Exception as error:
            if not isinstance(error, Unavailable) and judge(error) == "reject":
                raise
            logging.warning("counting must wait: %s", error)
            counted = 0
        if counted:
            logging.info("votes are counted", extra={"fields": {"votes": counted}})
        if counted < BATCH:
            stop.wait(PAUSE_SECONDS)


if __name__ == "__main__":
    main()

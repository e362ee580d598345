"""Worker that counts the votes every second. The worker runs on one server at a time, but two workers at once would do no harm."""
import time

from database import Database, Unavailable

COUNT = "INSERT INTO counts (choice, votes) VALUES (%s, %s) ON DUPLICATE KEY UPDATE votes = VALUES(votes)"

if __name__ == "__main__":
    database = Database()
    while True:
        try:
            # Reads from the primary, because a replica may be some milliseconds behind.
            for choice, votes in database.write("SELECT choice, COUNT(*) FROM votes GROUP BY choice"):
                database.write(COUNT, (choice, votes))
        except Unavailable:
            print('{"level": "warn", "message": "the database is unavailable, so counting must wait"}', flush=True)
        time.sleep(1)

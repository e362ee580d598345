"""Votes in the database. Each vote is one row; the worker counts them (tally.py)."""

import pymysql

from poll.database import DUPLICATE

CHOICES = ("tea", "coffee", "water")


class BadVote(ValueError):
    """The vote is invalid. The message is shown to the voter."""


class KeyReused(BadVote):
    """The key was used for another vote."""


def cast(database, choice, key):
    """Writes a vote only once, even if the request is repeated. @return whether it was written before"""
    if choice not in CHOICES:
        raise BadVote(f"choice: must be one of {', '.join(CHOICES)}")
    try:
        database.write("INSERT INTO votes (choice, vote_key, cast_at) VALUES (%s, %s, UTC_TIMESTAMP(3))", (choice, key))
        return False
    except pymysql.IntegrityError as error:
        if error.args[0] != DUPLICATE:
            raise
        # An earlier attempt of this request, or an earlier request with the same key.
        [row] = database.read_primary("SELECT choice FROM votes WHERE vote_key = %s", (key,)) or [{}]
        if row.get("choice") != choice:
            raise KeyReused("This key was used for another vote.") from error
        return True


def counts(database):
    """The counts of the worker, by choice."""
    counted = {row["choice"]: int(row["votes"]) for row in database.read("SELECT choice, votes FROM counts")}
    return {choice: counted.get(choice, 0) for choice in CHOICES}

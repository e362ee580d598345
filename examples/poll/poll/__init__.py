"""A poll: visitors vote, a worker counts, a schedule closes each day."""

"""What the checks have in common."""

# Options of every integration.
COMMON = {"tags", "min_collection_interval"}


def tags_of(instance):
    return list(instance.get("tags") or [])

"""What the checks have in common."""


def tags_of(instance):
    return list(instance.get("tags") or [])


def refuse_others(instance, understood, what):
    """Fails on options that the lab's agent does not act on: they might be misspelt, or mean something it would not show."""
    others = sorted(set(instance) - set(understood) - {"tags", "min_collection_interval", "service", "empty_default_hostname"})
    if others:
        raise ValueError(f"{what}: the lab's agent does not know {', '.join(others)}")

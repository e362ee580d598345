"""What the checks have in common."""

# Options of every integration.
COMMON = {"tags", "min_collection_interval", "disable_generic_tags"}


def tags_of(instance):
    return list(instance.get("tags") or [])


def address_tags(integration, instance, host):
    """The host that a check asked, as the vendor's checks name it: also as `host`, beside the agent's own, unless the instance forbids it."""
    own = [f"{integration}_host:{host}"]
    return own if instance.get("disable_generic_tags") else [f"host:{host}", *own]

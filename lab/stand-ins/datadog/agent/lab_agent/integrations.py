"""conf.d: which checks run with which instances, and which logs are followed."""
import glob
import os

import yaml


class Integration:
    """One configuration file of an integration."""

    def __init__(self, name, values):
        values = values if isinstance(values, dict) else {}
        self.name = name
        self.instances = [instance or {} for instance in values.get("instances") or []]
        self.logs = values.get("logs") or []


def load(directory):
    """Returns the integrations of conf.d and the problems found there."""
    found, problems = [], []
    for folder in sorted(glob.glob(os.path.join(directory, "conf.d", "*.d"))):
        name = os.path.basename(folder)[: -len(".d")]
        try:
            files = sorted(file for file in os.listdir(folder) if file.endswith((".yaml", ".yml")))
            for file in files:
                with open(os.path.join(folder, file), encoding="utf-8") as text:
                    found.append(Integration(name, yaml.safe_load(text)))
        except (OSError, yaml.YAMLError) as error:
            problems.append(f"{folder}: {error}")
    return found, problems

"""LAB STAND-IN for Datadog's agent: does what the rendered configuration says, with dd-agent's rights, and reports to the lab's intake."""

VERSION = "7.0.0"

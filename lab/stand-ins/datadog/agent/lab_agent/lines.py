"""What the agent's setting `log_processing_rules` does to log lines."""
import re


class Rules:
    """Rules of one source, applied to (text, service) pairs in their order. `problems` names rules the lab does not have."""

    def __init__(self, rules):
        self.problems = [f"log rule of type {rule.get('type')} is not known" for rule in rules if rule.get("type") not in KINDS]
        self._rules = [
            (rule["type"], re.compile(rule["pattern"]), rule.get("replace_placeholder", ""))
            for rule in rules
            if rule.get("type") in KINDS
        ]
        self._open = None

    def apply(self, lines):
        """Yields the messages that are to be sent."""
        for line in self._joined(lines):
            text, service = line
            for kind, pattern, placeholder in self._rules:
                if kind == "exclude_at_match" and pattern.search(text):
                    break
                if kind == "include_at_match" and not pattern.search(text):
                    break
                if kind == "mask_sequences":
                    text = pattern.sub(placeholder, text)
            else:
                yield text, service

    def _joined(self, lines):
        """Lines that do not match a multi_line pattern belong to the message before them; the last one waits for the next reading."""
        starts = [pattern for kind, pattern, _ in self._rules if kind == "multi_line"]
        if not starts:
            yield from lines
            return
        grew = False
        for text, service in lines:
            grew = True
            if self._open is not None and not starts[0].search(text):
                self._open = (f"{self._open[0]}\n{text}", service)
                continue
            if self._open is not None:
                yield self._open
            self._open = (text, service)
        if not grew and self._open is not None:
            yield self._open
            self._open = None


KINDS = {"exclude_at_match", "include_at_match", "mask_sequences", "multi_line"}

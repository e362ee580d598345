"""datadog.yaml and the variables that override it."""
import os
import socket

import yaml

from . import VERSION

# What this program acts on, and what has no effect in the lab. Any other setting is reported: it might be misspelt.
UNDERSTOOD = {
    "": {"api_key", "site", "dd_url", "hostname", "tags", "env", "logs_enabled", "logs_config", "process_config"},
    "logs_config": {"logs_dd_url", "batch_wait", "processing_rules"},
    "process_config": {"process_collection", "process_dd_url"},
}
WITHOUT_EFFECT = {
    "": {
        "agent_telemetry", "apm_config", "cloud_provider_metadata", "cmd_port", "collect_ec2_tags", "collect_gce_tags", "confd_path", "dogstatsd_config",
        "dogstatsd_non_local_traffic", "dogstatsd_port", "dogstatsd_socket", "ec2_prefer_imdsv2", "enable_metadata_collection",
        "expvar_port", "fips", "GUI_port", "health_port", "hostname_fqdn", "inventories_configuration_enabled", "ipc_address",
        "log_file", "log_level", "log_to_console", "log_to_syslog", "disable_file_logging", "network_config", "remote_configuration",
        "remote_updates", "runtime_security_config", "sbom", "security_agent", "skip_ssl_validation", "system_probe_config",
        "telemetry", "use_dogstatsd", "agent_ipc", "remote_agent_registry", "secret_backend_command",
        "min_tls_version", "python_version", "forwarder_timeout", "forwarder_storage_max_size_in_bytes", "use_v2_api",
    },
    "logs_config": {"use_http", "use_compression", "force_use_http", "auto_multi_line_detection", "open_files_limit",
                    "container_collect_all", "expected_tags_duration", "run_path", "file_scan_period", "use_v2_api"},
    "process_config": {"container_collection", "process_discovery", "enabled", "run_in_core_agent", "scrub_args",
                       "strip_proc_arguments", "custom_sensitive_words", "event_collection"},
}


class Settings:
    """Settings of one agent. `problems` lists what was found wrong with them."""

    def __init__(self, values, environment):
        values = values if isinstance(values, dict) else {}
        read = lambda name: environment.get("DD_" + name.upper()) or values.get(name)  # noqa: E731
        self.api_key = read("api_key") or ""
        self.site = read("site") or "datadoghq.com"
        self.hostname = read("hostname") or socket.gethostname()
        self.logs_enabled = str(read("logs_enabled")).lower() == "true"
        self.log_rules = values.get("logs_config", {}).get("processing_rules") or []
        self.log_pause_seconds = values.get("logs_config", {}).get("batch_wait") or 5
        process = values.get("process_config", {})
        self.collect_processes = bool(process.get("process_collection", {}).get("enabled"))
        env = read("env")
        self.tags = list(values.get("tags") or []) + ([f"env:{env}"] if env else [])
        self.metrics_url = read("dd_url") or f"https://{VERSION.replace('.', '-')}-app.agent.{self.site}"
        self.logs_url = values.get("logs_config", {}).get("logs_dd_url") or f"https://agent-http-intake.logs.{self.site}"
        self.process_url = process.get("process_dd_url") or f"https://process.{self.site}"
        self.problems = [
            f"datadog.yaml: {'.'.join(filter(None, [section, key]))} is not known to the lab's agent"
            for section, known in UNDERSTOOD.items()
            for key in (values.get(section) or {} if section else values)
            if key not in known | WITHOUT_EFFECT[section]
        ]


def load(directory, environment=os.environ):
    """Reads datadog.yaml below a directory; fails when it is missing, unreadable or no YAML, as the vendor's agent does."""
    with open(os.path.join(directory, "datadog.yaml"), encoding="utf-8") as file:
        return Settings(yaml.safe_load(file), environment)

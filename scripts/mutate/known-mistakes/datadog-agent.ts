import type { KnownMistakes } from "../mutation.js";

export const datadogAgent: KnownMistakes = {
  "datadog.yaml.hbs": [
    ["remote_configuration:\n  enabled: false", "remote_configuration:\n  enabled: true", "changed from outside"],
    ["apm_config:\n  enabled: false", "apm_config:\n  enabled: true", "a listener nobody asked for"],
    ["force_use_http: true", "force_use_http: false", "logs do not get out"],
    ["logs_enabled: true", "logs_enabled: false", "no logs"],
    ["  - role:{{this}}", "  - role:web", "monitors ask the wrong servers"],
    ["agent_telemetry:\n  enabled: false", "agent_telemetry:\n  enabled: true", "data nobody asked for"],
  ],
  "tls.yaml.hbs": [
    ["tls_verify: false", "tls_verify: true", "an alert that never ends"],
    ["local_cert_path: {{path}}", "", "the wrong certificate is watched"],
  ],
  "disk.yaml.hbs": [["use_mount: true", "use_mount: false", "monitors of disks see nothing"]],
  "nginx.yaml.hbs": [["/nginx_status", "/status", "no metrics of nginx"]],
  "http_check.yaml.hbs": [
    ["127.0.0.1:{{applicationPort}}", "127.0.0.1:80", "nginx is asked in place of the application"],
  ],
  "mysql.yaml.hbs": [["replication: true", "replication: false", "nobody sees the group"]],
  "directory.yaml.hbs": [
    ["pattern: reboot-required", "pattern: reboot", "monitors of reboots see nothing"],
    [
      "    countonly: true\n    ignore_missing: true",
      "    countonly: true",
      "an error for each notice that is not there",
    ],
  ],
  "setup-datadog-agent": [
    [
      "usermod --groups systemd-journal",
      "usermod --append --groups systemd-journal",
      "the agent reads cloud-init's logs",
    ],
    ["'^DD_API_KEY=.'", "'^DD_API_KEY='", "an agent without a key is started"],
  ],
};

import type { MonitorDefinition } from "../definition.js";
import { metric, noticed, series, type MonitoringContext } from "../scope.js";
import { driftCompared, instances, notices } from "../../platform/signals.js";

/** Returns the monitors of the servers' operating system and hardware. */
export const serverMonitors = ({ env }: MonitoringContext): readonly MonitorDefinition[] => [
  {
    id: "cpu-busy",
    title: "CPU is busy",
    condition: metric("avg", "15m", series("avg", "system.cpu.idle", [env], ["server"]), "<"),
    thresholds: { critical: 5, warning: 15 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "Less than this percentage of the CPU was idle for 15 minutes, so latency will soon rise.",
    firstLook: [
      "Run `top` on the server to find the busy process.",
      "Check on the servers dashboard whether the hypervisor steals CPU time.",
    ],
  },
  {
    id: "load-high",
    title: "Load is high",
    condition: metric("avg", "15m", series("avg", "system.load.norm.5", [env], ["server"]), ">"),
    thresholds: { critical: 3, warning: 2 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "More than this many processes per CPU core are runnable or waiting for disk I/O.",
    firstLook: [
      "Compare iowait and user time on the servers dashboard.",
      "Run `ps -eo stat,comm | grep ^D` on the server.",
    ],
  },
  {
    id: "memory-low",
    title: "Memory runs out",
    condition: metric("avg", "5m", series("min", "system.mem.pct_usable", [env], ["server"]), "<"),
    thresholds: { critical: 0.05, warning: 0.1 },
    urgency: "urgent",
    priority: 2,
    meaning: "The kernel will soon kill the largest process, which is MySQL.",
    firstLook: [
      "Run `ps -eo rss,comm --sort -rss | head` on the server.",
      "Check database.bufferPoolMib in the configuration.",
    ],
  },
  {
    id: "disk-full",
    title: "A disk is nearly full",
    condition: metric("max", "5m", series("max", "system.disk.in_use", [env], ["server", "device"]), ">"),
    thresholds: { critical: 0.9, warning: 0.8 },
    urgency: "urgent",
    priority: 2,
    meaning: "A full system disk stops logging, package updates and deploys.",
    firstLook: [
      "Run `du -xh / | sort -h | tail` on the server.",
      "Run `journalctl --disk-usage`, and check the size of /opt/app/releases.",
    ],
  },
  {
    id: "disk-forecast",
    title: "A disk will be full within a week",
    condition: {
      kind: "forecast",
      series: series("max", "system.disk.in_use", [env], ["server", "device"]),
      horizon: "1w",
      comparison: ">=",
    },
    thresholds: { critical: 0.95 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "If this disk fills up as fast as last week, it will be full within a week.",
    firstLook: [
      "Find the device on the servers dashboard.",
      "If the device is the data volume, increase database.volumeSizeGb.",
    ],
  },
  {
    id: "inodes-low",
    title: "A disk runs out of inodes",
    condition: metric("max", "5m", series("max", "system.fs.inodes.in_use", [env], ["server", "device"]), ">"),
    thresholds: { critical: 0.9, warning: 0.8 },
    urgency: "notUrgent",
    priority: 3,
    meaning: "If the disk has no free inodes, no file can be created although space is free.",
    firstLook: ["Run `du --inodes -x / | sort -n | tail` on the server."],
  },
  {
    id: "clock-drift",
    title: "The clock is wrong",
    condition: metric("max", "15m", `abs(${series("max", "ntp.offset", [env], ["server"])})`, ">"),
    thresholds: { critical: 5, warning: 1 },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "The clock is wrong by more than this number of seconds, so logs of different servers are out of order. If the offset grows, TLS fails.",
    firstLook: [
      "Run `chronyc tracking` and `chronyc sources` on the server.",
      "Check in the logs with service:firewall whether outbound NTP is dropped.",
    ],
  },
  {
    id: "reboot-required",
    title: "A security update waits for a reboot",
    condition: noticed(env, instances.rebootRequired, "1d"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning:
      "For a day this server has run an outdated kernel, MySQL or system service. The upgrade is installed but not active.",
    firstLook: ["Run `cat /run/reboot-required.pkgs` on the server.", "Reboot one server at a time, replicas first."],
  },
  {
    id: "vendor-updates",
    title: "An upgrade waits for a person",
    condition: noticed(env, notices.vendorUpdates, "1d"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning: "Upgrades of MySQL, the agent and held packages are not installed automatically.",
    firstLook: [
      "Run `cat /run/motd.d/vendor-updates` on the server.",
      "Read the release notes to find out whether the upgrade fixes a security hole.",
    ],
  },
  {
    id: "updates-failing",
    title: "Automatic upgrades do not work",
    condition: noticed(env, notices.updates, "1d"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "For three days this server has not updated its package lists or not installed upgrades, so security updates may be missing.",
    firstLook: [
      "Run `cat /run/motd.d/updates` on the server. The notice shows the failed step and apt's messages.",
      "Run `journalctl -u apt-daily-upgrade` on the server.",
    ],
  },
  {
    id: "expiry-near",
    title: "A dependency of the servers expires soon",
    condition: noticed(env, notices.expiry, "1d"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "A key of a package repository or the support of Debian ends within 180 days. After this end, servers get no upgrades.",
    firstLook: [
      "Run `cat /run/motd.d/expiry` on the server. The notice shows the dependency, the date and the action.",
    ],
  },
  {
    id: "drift-unchecked",
    title: "The resources are not compared with the configuration",
    condition: metric("max", "1w", `default_zero(${series("max", driftCompared, [env])})`, "<"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 4,
    meaning:
      "`npm run ops drift` has not ended for a week, so manual changes stay unknown. GitHub disables schedules of a public repository after 60 days without a commit.",
    firstLook: [
      "Check whether the workflow drift is disabled or fails.",
      "Check in its output whether Datadog accepted the report.",
    ],
  },
  {
    id: "server-incomplete",
    title: "A server is not completely set up",
    condition: noticed(env, notices.setup, "15m"),
    thresholds: { critical: 1, exact: true },
    urgency: "notUrgent",
    priority: 3,
    meaning:
      "A component could not be installed or started. The server retries automatically. Until the setup is complete, redundancy is lost.",
    firstLook: [
      "Run `cat /run/motd.d/server-setup` on the server. The notice shows the component and the reason.",
      "Run `journalctl -u server-setup` on the server.",
    ],
  },
  {
    id: "host-firewall-missing",
    title: "The host firewall's rules are not active",
    condition: noticed(env, notices.hostFirewall, "5m"),
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 2,
    meaning:
      "The active firewall rules differ from the server's rule file, or no rules are active. If no rules are loaded at boot, no service starts.",
    firstLook: [
      "Run `systemctl status nftables` on the server.",
      "Run `journalctl -u nftables`, and check whether ssh-login alerted.",
    ],
  },
  {
    id: "private-address-missing",
    title: "A server has no private address",
    condition: noticed(env, notices.privateNetwork, "5m"),
    thresholds: { critical: 1, exact: true },
    urgency: "urgent",
    priority: 2,
    meaning: "The server reaches neither the load balancer nor other members, so redundancy is lost.",
    firstLook: [
      "Run `ip address` and `networkctl` on the server.",
      "Check in the Hetzner console whether the server is attached to the network.",
    ],
  },
  {
    id: "server-silent",
    title: "A server sends no monitoring data",
    condition: { kind: "check", check: "datadog.agent.up", over: [env], by: ["host"] },
    thresholds: { critical: 4 },
    noDataMinutes: 5,
    urgency: "urgent",
    priority: 2,
    meaning:
      "The server is off, unreachable or without a running agent. It is not monitored, and redundancy may be lost.",
    firstLook: [
      "Check the server's state in the Hetzner console.",
      "Check whether members-missing also alerts.",
      "Run `systemctl status datadog-agent` on the server.",
    ],
  },
];

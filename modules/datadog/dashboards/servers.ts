import { count, series, type MonitoringContext } from "../scope.js";
import { instances } from "../../platform/signals.js";
import { graph, monitorStates, value, type WidgetGroup } from "./widgets.js";

const here = ["$env", "$role", "$server"];
const by = ["server"];

/** Returns the widgets of the server dashboard: CPU, memory, disks, clock and packets that the host firewall drops. */
export const serversDashboard = ({ env, metrics }: MonitoringContext): readonly WidgetGroup[] => [
  {
    title: "Now",
    widgets: [
      monitorStates("Alerts", [env, "area:servers"]),
      monitorStates("Security", [env, "area:security"]),
      value(
        "Servers waiting for a reboot",
        { waiting: series("sum", "system.disk.directory.files", [...here, `name:${instances.rebootRequired}`]) },
        { aggregator: "last" },
      ),
    ],
  },
  {
    title: "CPU",
    widgets: [
      graph(
        "CPU time by type",
        {
          user: series("avg", "system.cpu.user", here, by),
          system: series("avg", "system.cpu.system", here, by),
          iowait: series("avg", "system.cpu.iowait", here, by),
        },
        "area",
      ),
      graph("Stolen by the hypervisor", { percent: series("avg", "system.cpu.stolen", here, by) }),
      graph("Load per core", { load: series("avg", "system.load.norm.5", here, by) }),
    ],
  },
  {
    title: "Memory and disks",
    widgets: [
      graph("Memory still usable", { share: series("avg", "system.mem.pct_usable", here, by) }),
      graph("Disk in use", { share: series("max", "system.disk.in_use", here, ["server", "device"]) }),
      graph("Inodes in use", { share: series("max", "system.fs.inodes.in_use", here, ["server", "device"]) }),
    ],
  },
  {
    title: "Clock, certificates, firewall",
    widgets: [
      graph("Clock offset in seconds", { seconds: series("max", "ntp.offset", here, by) }),
      graph("Days until certificates expire", { days: series("min", "tls.days_left", here, ["name"]) }),
      graph(
        "Packets dropped by the host firewall",
        { packets: count(metrics.firewallDrops, ["$env", "$server"], by) },
        "bars",
      ),
    ],
  },
];

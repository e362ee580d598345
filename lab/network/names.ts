import { nameServers, nameServersIpv6 } from "./addresses.js";

/** DNS name with the addresses to which the name resolves. */
export interface NameRecord {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Returns the command of the name server, which resolves only the lab's names. The answer for all other names is "no such name". */
export function nameServerCommand(records: readonly NameRecord[]): [string, ...string[]] {
  const listen = [...nameServers, ...nameServersIpv6].map((address) => `--listen-address=${address}`);
  const answers = records.flatMap(({ name, addresses }) => addresses.map((address) => `--address=/${name}/${address}`));
  return [
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--pid-file=",
    "--no-resolv",
    "--no-hosts",
    "--user=root",
    "--bind-interfaces",
    "--address=/#/",
    ...listen,
    ...answers,
  ];
}

import { nameServers, nameServersIpv6 } from "./addresses.js";

/** Addresses of a name. */
export interface NameRecord {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Command of the name server. It resolves the lab's names and answers "no such name" for all other names. */
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

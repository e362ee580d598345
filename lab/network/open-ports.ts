import { namespaceOf } from "../layout.js";
import { run } from "../system/shell.js";
import type { Host } from "./addresses.js";

/** Redirects every TCP and UDP port of the given addresses of a host to one port on which a program listens. */
export async function openEveryPort(host: Host, addresses: readonly string[], port: number): Promise<void> {
  const rules = addresses.flatMap((address) => {
    const destination = `${address.includes(":") ? "ip6" : "ip"} daddr ${address}`;
    return ["tcp", "udp"].map((protocol) => `    ${destination} meta l4proto ${protocol} redirect to :${port}`);
  });
  const table = `table inet open
delete table inet open
table inet open {
  chain prerouting {
    type nat hook prerouting priority dstnat;
${rules.join("\n")}
  }
}
`;
  await run("ip", ["netns", "exec", namespaceOf(host.name), "nft", "-f", "-"], { input: table });
}

import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

/** Waits for the private address, without which no service of ours reaches another server, and says so when it is not there. */
export function privateNetworkPart(): PayloadPart {
  const script = readStatic(new URL("./files/private-address", import.meta.url));
  return { name: "private-network", setup: script, check: script };
}

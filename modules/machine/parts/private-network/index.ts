import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

/** Returns the part that waits for the server's private address and reports a missing private address. All services need this address. */
export function privateNetworkPart(): PayloadPart {
  const script = readStatic(new URL("./files/private-address", import.meta.url));
  return { name: "private-network", setup: script, check: script };
}

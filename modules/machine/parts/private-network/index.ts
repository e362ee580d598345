import { readStatic } from "../../part/templates.js";
import type { PayloadPart } from "../../part/part.js";

/** Waits for the private address, which all our services need to reach other servers, and reports if it is missing. */
export function privateNetworkPart(): PayloadPart {
  const script = readStatic(new URL("./files/private-address", import.meta.url));
  return { name: "private-network", setup: script, check: script };
}

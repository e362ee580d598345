import { maximumBytes, payloadSize } from "../../machine/compose/index.js";
import { PlatformServer } from "../../hetzner/server/index.js";
import type { Policy } from "./policy.js";

/** User data is within Hetzner's limit. */
export const payloadFits: Policy = {
  id: "payload-fits",
  description: `the user data of every server has at most ${maximumBytes / 1024} KiB`,
  check: (node, config) => {
    if (!(node instanceof PlatformServer)) return [];
    const size = payloadSize(config, node.config);
    if (size <= maximumBytes) return [];
    return [
      {
        what: `user data has ${size} bytes, more than the limit of ${maximumBytes}`,
        why: "Hetzner rejects larger user data, but only when the server is created",
        fix: "shorten the longest files of the server's payload",
      },
    ];
  },
};

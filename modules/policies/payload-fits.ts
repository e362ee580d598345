import { maximumBytes, payloadSize, warningBytes } from "../payload/index.js";
import { PlatformServer } from "../server/index.js";
import type { Policy } from "./policy.js";

export const payloadFits: Policy = {
  id: "payload-fits",
  promise: `every server's user data has at most ${warningBytes / 1024} KiB`,
  check: (node, config) => {
    if (!(node instanceof PlatformServer)) return [];
    const size = payloadSize(config, node.config);
    if (size <= warningBytes) return [];
    return [
      {
        what: `user data has ${size} bytes, at most ${warningBytes} are allowed`,
        why: `Hetzner refuses more than ${maximumBytes} bytes, and only when the server is created`,
        fix: `shorten the files that cdktf.out/payload/${node.config.name}/ shows`,
      },
    ];
  },
};

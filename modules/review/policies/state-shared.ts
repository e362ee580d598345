import { LocalBackend } from "cdktf";
import type { Policy } from "./policy.js";

/** Production's state is not a local file. */
export const stateShared: Policy = {
  id: "state-shared",
  description: "the state of production is stored where several people can access it",
  isAccepted: ({ backend }) => backend.type === "local" && backend.acceptLocalState,
  check: (node, config) => {
    if (config.environment !== "production" || !(node instanceof LocalBackend)) return [];
    return [
      {
        what: "production keeps its state on one person's disk",
        why: "if that disk is lost, the only record of the resources is lost; and only that person can deploy",
        fix: 'set backend to { type: "s3", … }, or set acceptLocalState: true',
      },
    ];
  },
};

import util from "node:util";

/** Replaces `util.isArray`, which cdktf calls: Node 22 and newer print a deprecation warning for it. */
export function replaceDeprecated(): void {
  Object.assign(util, { isArray: Array.isArray });
}

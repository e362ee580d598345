import util from "node:util";

/** Replaces `util.isArray`, because cdktf calls this function, and Node 22 and newer print a deprecation warning for each call. */
export function replaceDeprecated(): void {
  Object.assign(util, { isArray: Array.isArray });
}

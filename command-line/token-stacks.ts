const capture = Error.captureStackTrace.bind(Error);

/**
 * cdktf records the whole call stack of every token and reference, for messages about those that cannot be resolved. That takes a quarter of a
 * run. It asks for stacks without a limit, which nobody else does: from this call on such stacks stay empty. To see them, leave it out.
 */
export function skipTokenStacks(): void {
  Error.captureStackTrace = (target, below) => {
    if (Error.stackTraceLimit < Number.MAX_SAFE_INTEGER) capture(target, below);
  };
}

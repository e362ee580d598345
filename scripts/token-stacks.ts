const capture = Error.captureStackTrace.bind(Error);

/**
 * cdktf keeps the whole stack of every token and reference, for messages about those that cannot be resolved. That is a quarter
 * of a run, and nobody else asks for stacks without a limit: such stacks stay empty from here on. To see one, leave this call out.
 */
export function skipTokenStacks(): void {
  Error.captureStackTrace = (target, below) => {
    if (Error.stackTraceLimit < Number.MAX_SAFE_INTEGER) capture(target, below);
  };
}

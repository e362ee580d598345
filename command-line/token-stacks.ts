const capture = Error.captureStackTrace.bind(Error);

/**
 * Disables cdktf's call stacks of tokens and references, which need a quarter of a run. cdktf uses them for messages about unresolvable tokens.
 * Only cdktf requests stacks without a limit, so only its stacks become empty. To see them, remove this call.
 */
export function skipTokenStacks(): void {
  Error.captureStackTrace = (target, below) => {
    if (Error.stackTraceLimit < Number.MAX_SAFE_INTEGER) capture(target, below);
  };
}

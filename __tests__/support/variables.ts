/** Patterns of environment variables that tests and the programs they start may see. */
const harmless = [
  /^(PATH|TMPDIR|LANG|LC_ALL|TZ|TERM|CI|PYTHON|NO_COLOR|FORCE_COLOR|COLUMNS)$/,
  /^(NODE_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|NODE_V8_COVERAGE|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i,
  /^(VITEST\w*|TEST|DEV|PROD|SSR|MODE|BASE_URL|__STRYKER\w*|STRYKER\w*)$/,
  // Options of tests that a person sets.
  /^(FOOBAR_LAB_MIRROR|FOOBAR_LAB_VOLUMES|LAB_ROUNDS|LAB_STEP|STEADY_SECONDS|LOSSES|AWAY_SECONDS|BALLAST_MB)$/,
];

/** Returns the names of all other variables, for example tokens, keys, and settings of agents or package managers. */
export const harmful = (variables: NodeJS.ProcessEnv): readonly string[] =>
  Object.keys(variables).filter((name) => !harmless.some((pattern) => pattern.test(name)));

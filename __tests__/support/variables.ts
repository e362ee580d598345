/** Variables that tests and the programs they start may see. */
const harmless = [
  /^(PATH|TMPDIR|LANG|LC_ALL|TZ|TERM|CI|PYTHON|NO_COLOR|FORCE_COLOR|COLUMNS)$/,
  /^(NODE_ENV|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|NODE_V8_COVERAGE|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i,
  /^(VITEST\w*|TEST|DEV|PROD|SSR|MODE|BASE_URL|__STRYKER\w*|STRYKER\w*)$/,
  // Options that people set for tests.
  /^(FOOBAR_LAB_MIRROR|FOOBAR_LAB_VOLUMES|LAB_ROUNDS|LAB_STEP|STEADY_SECONDS|LOSSES|AWAY_SECONDS|BALLAST_MB)$/,
];

/** Names of the other variables: tokens, keys, agents, the owner's choice of an environment, settings of a package manager. */
export const harmful = (variables: NodeJS.ProcessEnv): readonly string[] =>
  Object.keys(variables).filter((name) => !harmless.some((pattern) => pattern.test(name)));

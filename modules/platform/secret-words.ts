/** Words that mark secrets. If a name ends with one of these words, its value is treated as a secret. */
export const secretWords = [
  "password",
  "secret",
  "token",
  "private_key",
  "private_key_pem",
  "api_key",
  "secret_key",
  "access_key",
] as const;

/** Matches names that end with a secret word: `token`, `X-Edge-Token`, `database_password`. */
export const secretName = new RegExp(`(^|[_-])(${secretWords.join("|")})$`, "i");

/** Matches names of application variables that probably contain secrets. */
export const secretVariable =
  /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|API_KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|CREDENTIALS?)$/;

/** Matches names of unknown settings that may contain a secret. */
export const secretSetting = /token|secret|password|passphrase|credential|(private|api|access)_?key/i;

/** Matches private keys, including private keys of age. */
export const privateKey = /PRIVATE KEY|AGE-SECRET-KEY/i;

/** Matches texts that are secret in any context: private keys and AWS-style access keys. */
export const secretText = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b/;

/**
 * Matches values that are secret: private keys, credentials in a URL, and tokens with a vendor's prefix (Stripe, GitHub, GitLab, Slack,
 * AWS, Google, OpenAI and Anthropic, SendGrid, npm, DigitalOcean, Shopify, Mailgun).
 */
export const secretValues = [
  /PRIVATE KEY|:\/\/[^/@\s]*:[^/@\s]+@/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|hooks\.slack\.com\/services\/\w|discord(app)?\.com\/api\/webhooks\/\w/,
  /\b(sk_live_|rk_live_|sk_test_|whsec_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|ASIA|AIza|sk-(ant-|proj-)?|SG\.|npm_|dop_v1_|shpat_|key-)[A-Za-z0-9_.-]{10,}/,
];

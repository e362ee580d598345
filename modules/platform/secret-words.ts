/** Words for secrets: what stands under a name that ends with one of them is taken for a secret. */
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

/** A name that ends with such a word: `token`, `X-Edge-Token`, `database_password`. */
export const secretName = new RegExp(`(^|[_-])(${secretWords.join("|")})$`, "i");

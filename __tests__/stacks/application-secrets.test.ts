import { expect, it } from "vitest";
import { exampleConfig } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";

const storage = { endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1", bucket: "foobar-releases" };
const { servers } = synthesizeEnvironment(
  exampleConfig({
    application: { url: undefined, storage, secrets: { PAYMENT_KEY: { maxBytes: 64 }, MAIL_KEY: { maxBytes: 10 } } },
  }),
);
const json = JSON.parse(JSON.stringify(servers)) as {
  readonly variable: Readonly<Record<string, object>>;
  readonly check: Readonly<Record<string, { readonly assert: readonly { readonly error_message: string }[] }>>;
  readonly locals: Readonly<Record<string, string>>;
};

it("secrets of the application are sensitive Terraform variables with a maximum length", () => {
  expect(json.variable["app_secret_payment_key"]).toMatchObject({
    sensitive: true,
    default: "",
    validation: [{ condition: "${length(base64encode(var.app_secret_payment_key)) <= 88}" }],
  });
  expect(json.variable["app_secret_mail_key"]).toMatchObject({
    validation: [{ condition: "${length(base64encode(var.app_secret_mail_key)) <= 16}" }],
  });
});

it("a plan reports missing secrets of the application, and each secret is written to its own file", () => {
  expect(json.check["needed_app_secret_payment_key"]?.assert[0]?.error_message).toBe(
    "TF_VAR_app_secret_payment_key is not set. On servers created now, the application finds an empty file in PAYMENT_KEY_FILE.",
  );
  for (const name of ["payment_key", "mail_key"])
    expect(Object.values(json.locals).filter((value) => value === `\${var.app_secret_${name}}`)).toHaveLength(1);
});

it("the key of the releases' bucket is a sensitive variable; a plan reports a missing key, and each server has a label with the key's digest", () => {
  expect(json.variable["release_key"]).toMatchObject({
    sensitive: true,
    default: "",
    validation: [{ condition: '${can(regex("^([0-9A-Za-z_-]+:[0-9A-Za-z/+=_.~-]+)?$", var.release_key))}' }],
  });
  expect(json.check["needed_release_key"]?.assert[0]?.error_message).toBe(
    "TF_VAR_release_key is not set. On servers created now, the release cannot be downloaded.",
  );
  const made = Object.values(servers.resource?.["hcloud_server"] ?? {});
  expect(made).toHaveLength(3);
  for (const { labels } of made) expect(labels).toHaveProperty("secret-releaseKey");
});

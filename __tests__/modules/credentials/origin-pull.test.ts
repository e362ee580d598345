import { expect, it } from "vitest";
import { OriginPull } from "../../../modules/credentials/origin-pull.js";
import { exampleConfig } from "../../support/config.js";
import { onlyResource, resources, synthesize } from "../../support/synth.js";

const config = exampleConfig({ tls: "passthrough" });
const synthesized = synthesize(config, (stack) => new OriginPull(stack, "origin-pull", { config }));

it("the origin pull credentials are a CA and one client certificate for Cloudflare", () => {
  expect(onlyResource(synthesized, "tls_self_signed_cert")).toMatchObject({
    subject: [{ common_name: "production origin pull CA" }],
  });
  expect(onlyResource(synthesized, "tls_cert_request")).toMatchObject({
    subject: [{ common_name: "Cloudflare for production" }],
  });
  expect(onlyResource(synthesized, "tls_locally_signed_cert")["allowed_uses"]).toEqual([
    "digital_signature",
    "key_encipherment",
    "client_auth",
  ]);
});

it("each later generation of the origin pull CA has another name, because nginx finds an authority by name, and a smaller ECDSA key", () => {
  const second = synthesize(config, (stack) => new OriginPull(stack, "origin-pull-2", { config, generation: 2 }));
  expect(onlyResource(second, "tls_self_signed_cert")["subject"]).toEqual([
    { common_name: "production origin pull CA 2" },
  ]);
  // The client certificate of the first generation still has an RSA key.
  expect(Object.values(resources(second, "tls_private_key"))).toEqual([
    { algorithm: "ECDSA", ecdsa_curve: "P256" },
    { algorithm: "RSA", rsa_bits: 2048 },
  ]);
});

it("the first origin pull credentials use RSA keys, as in Cloudflare's guide", () => {
  expect(Object.values(resources(synthesized, "tls_private_key"))).toEqual([
    { algorithm: "RSA", rsa_bits: 2048 },
    { algorithm: "RSA", rsa_bits: 2048 },
  ]);
});

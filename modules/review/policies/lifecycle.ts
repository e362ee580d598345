import { OriginCaCertificate } from "@cdktf/provider-cloudflare/lib/origin-ca-certificate/index.js";
import { UploadedCertificate } from "@cdktf/provider-hcloud/lib/uploaded-certificate";
import { LocalBackend, Token } from "cdktf";
import type { Policy, Violation } from "./policy.js";

const createBeforeDestroy: Violation = {
  what: "the certificate is destroyed before its successor exists",
  why: "the load balancer cannot drop a certificate in use, and the site must always have a certificate",
  fix: "set lifecycle.createBeforeDestroy",
};
const fixedName: Violation = {
  what: "the uploaded certificate has a fixed name",
  why: "during a replacement both certificates exist, and Hetzner requires unique names",
  fix: "end the name with a hash of the certificate",
};
const validityMissing: Violation = {
  what: "requested_validity is not set",
  why: "if the value once differed from the default, the provider fails the apply",
  fix: "set requestedValidity from certificate.validityDays",
};
const unsorted: Violation = {
  what: "hostnames are not sorted",
  why: "Cloudflare returns them sorted, so every plan would replace the certificate",
  fix: "sort the list",
};

const isSorted = (names: readonly string[]): boolean => names.join() === [...names].sort().join();

/** Policy that Terraform creates a new origin certificate under another name before it deletes the old certificate. */
const certificateLifecycle: Policy = {
  id: "certificate-lifecycle",
  description: "a certificate is replaced without a gap",
  check: (node) => {
    if (node instanceof UploadedCertificate)
      return [
        ...(node.lifecycle?.createBeforeDestroy ? [] : [createBeforeDestroy]),
        ...(Token.isUnresolved(node.nameInput) ? [] : [fixedName]),
      ];
    if (node instanceof OriginCaCertificate)
      return [
        ...(node.lifecycle?.createBeforeDestroy ? [] : [createBeforeDestroy]),
        ...(node.requestedValidityInput === undefined ? [validityMissing] : []),
        ...(isSorted(node.hostnamesInput ?? []) ? [] : [unsorted]),
      ];
    return [];
  },
};

/** Policy that the Terraform state of production is not a local file. */
const stateShared: Policy = {
  id: "state-shared",
  description: "the state of production is stored where several people can access it",
  isAccepted: ({ backend }) => backend.type === "local" && backend.acceptLocalState,
  check: (node, config) => {
    if (config.environment !== "production" || !(node instanceof LocalBackend)) return [];
    return [
      {
        what: "production keeps its state on one person's disk",
        why: "if that disk is lost, the only record of the resources is lost. Only that person can deploy",
        fix: 'set backend to { type: "s3", … }, or set acceptLocalState: true',
      },
    ];
  },
};

/** Policies about certificates and Terraform's state. */
export const lifecyclePolicies: readonly Policy[] = [certificateLifecycle, stateShared];

import type { Accepted } from "./auditors.js";

/** Findings of audit tools that the project accepts. If a finding no longer occurs, remove the finding from this list. */

const statusPage: Accepted = {
  finding: "status_page_exposed",
  why: "it listens only on 127.0.0.1, for the monitoring agent",
};

export const acceptedByGixy: Readonly<Record<"terminate" | "passthrough", readonly Accepted[]>> = {
  terminate: [
    {
      finding: "add_header_redefinition",
      why: "the response to a failed health check goes to the balancer, not to a browser",
    },
    statusPage,
  ],
  passthrough: [statusPage],
};

export const acceptedBySshAudit: readonly Accepted[] = [];

export const acceptedByLynis: readonly Accepted[] = [];

const noGostHere: Accepted = {
  finding: "engine_problem",
  why: "it concerns this host's openssl, which cannot offer GOST ciphers; the server does not support them either",
};

export const acceptedByTestssl: Readonly<Record<"nginx" | "mysql", readonly Accepted[]>> = {
  mysql: [
    noGostHere,
    {
      finding: "cert_chain_of_trust",
      why: "members' certificates are issued by the platform's own authority, which only members and applications trust",
    },
    {
      finding: "cert_revocation",
      why: "the platform's own authority publishes no revocation list; if a key leaks, a new authority replaces it",
    },
  ],
  nginx: [
    noGostHere,
    {
      finding: "cert_chain_of_trust",
      why: "the origin's certificate is issued by Cloudflare's Origin CA, which Cloudflare's edge trusts but browsers do not",
    },
    {
      finding: "cert_revocation",
      why: "Cloudflare's Origin CA publishes no revocation list; only the edge reads the certificate",
    },
    {
      finding: "secure_renego",
      why: "not testable without the client certificate that nginx requires; nginx rejects renegotiation by clients",
    },
  ],
};

import type { Accepted } from "./auditors.js";

/** What outside auditors find and we live with; docs/lab.md shows the same list. A finding that goes away must go from here too. */

const statusPage: Accepted = {
  finding: "status_page_exposed",
  why: "it listens on 127.0.0.1 alone, for the monitoring agent",
};

export const acceptedByGixy: Readonly<Record<"terminate" | "passthrough", readonly Accepted[]>> = {
  terminate: [
    {
      finding: "add_header_redefinition",
      why: "the answer to a failed health check goes to the balancer, not to a browser",
    },
    statusPage,
  ],
  passthrough: [statusPage],
};

export const acceptedBySshAudit: readonly Accepted[] = [];

export const acceptedByLynis: readonly Accepted[] = [];

const noGostHere: Accepted = {
  finding: "engine_problem",
  why: "of this host's openssl, not of the server: it cannot offer GOST ciphers, which the server does not know either",
};

export const acceptedByTestssl: Readonly<Record<"nginx" | "mysql", readonly Accepted[]>> = {
  mysql: [
    noGostHere,
    {
      finding: "cert_chain_of_trust",
      why: "members' certificates are of the platform's own authority, which members and applications trust and nobody else does",
    },
    {
      finding: "cert_revocation",
      why: "the platform's own authority publishes no list of revoked certificates: a key that got out means a new authority",
    },
  ],
  nginx: [
    noGostHere,
    {
      finding: "cert_chain_of_trust",
      why: "the origin's certificate is of Cloudflare's Origin CA, which Cloudflare's edge trusts and browsers do not",
    },
    {
      finding: "cert_revocation",
      why: "Cloudflare's Origin CA publishes no list of revoked certificates; the edge is its only reader",
    },
    {
      finding: "secure_renego",
      why: "not testable without the client certificate that nginx asks for; nginx refuses renegotiation by clients",
    },
  ],
};

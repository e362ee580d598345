import pc from "picocolors";
import { priceList } from "../prices/hetzner.js";
import type { CostLine } from "../prices/cost.js";
import type { PolicyResult, Review, ReviewSection } from "./review.js";
import { table, type Row } from "./table.js";

type Colors = ReturnType<typeof pc.createColors>;

/** A table with its columns' titles, if they have any. */
const titled = (columns: Row, rows: readonly Row[], colors: Colors): string =>
  table([...(columns.some((title) => title !== "") ? [columns.map((title) => colors.dim(title))] : []), ...rows]);

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const euros = (amount: number | undefined): string =>
  amount === undefined ? "not in the price list" : amount.toFixed(2);

const serverRows = (review: Review): readonly Row[] =>
  review.servers.map(({ name, type, location, roles, privateIp, payload }) => [
    name,
    type,
    location,
    roles.join(", "),
    privateIp,
    payload ? kib(payload.bytes) : "-",
    payload?.hash ?? "-",
  ]);

const trafficRows = (review: Review): readonly Row[] =>
  review.traffic.map(({ from, to, network, ports, users, why }) => [
    from,
    to,
    network,
    ports,
    users.join(", ") || "-",
    why,
  ]);

function policyRow(policies: readonly PolicyResult[], colors: Colors): Row {
  const names = (outcome: PolicyResult["outcome"]) =>
    policies.filter((result) => result.outcome === outcome).map((result) => result.policy);
  const parts = [
    `${names("passed").length} passed`,
    ...names("accepted").map((name) => colors.yellow(`${name} accepted by the configuration`)),
    ...names("failed").map((name) => colors.red(`${name} failed`)),
  ];
  return ["Policies", parts.join("; ")];
}

const costText = (lines: readonly CostLine[]): string =>
  lines.map(({ what, monthlyEur }) => `${what}: ${euros(monthlyEur)}`).join("; ");

function costRow({ cost }: Review): Row {
  const total = `about ${cost.monthlyEur.toFixed(2)} ${priceList.currency} a month (${priceList.tax}; prices of ${priceList.date}): `;
  return ["Hetzner", total + costText(cost.lines)];
}

/** The review as text of at most 120 columns. */
export function renderReview(review: Review, options: { readonly color: boolean }): string {
  const colors = pc.createColors(options.color);
  const block = (title: string, body: string): string => `${colors.bold(title)}\n${body}`;
  const section = ({ title, columns, rows }: ReviewSection): string => block(title, titled(columns, rows, colors));
  const summary: readonly Row[] = [...review.summary, policyRow(review.policies, colors), costRow(review)];
  const warnings = review.warnings.map(({ setting, text }) => [colors.yellow(setting), text]);
  const blocks = [
    `${colors.bold(`Review of ${review.environment}`)}  ${review.site}`,
    block(
      "Servers",
      titled(["name", "type", "location", "roles", "private address", "payload", "hash"], serverRows(review), colors),
    ),
    block(
      "Traffic: who may open a connection; everything else is dropped, both ways",
      titled(["from", "to", "network", "ports", "as user", "why"], trafficRows(review), colors),
    ),
    ...review.sections.map(section),
    block("Summary", table(summary)),
    warnings.length > 0
      ? block(`Warnings: ${warnings.length}`, titled(["setting", ""], warnings, colors))
      : "No warnings.",
  ];
  return `${blocks.join("\n\n")}\n`;
}

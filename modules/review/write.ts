import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pc from "picocolors";
import type { Config } from "../config/schema.js";
import { payloadHash, payloadSize } from "../machine/compose/index.js";
import { drawTopology } from "./drawing.js";
import { renderPage } from "./page.js";
import { writePayloads } from "./payload-files.js";
import { renderReview } from "./render.js";
import type { ReviewSection } from "./facts.js";
import type { PolicyResult } from "./policies/index.js";
import { review } from "./review.js";

/** Properties of {@link writeReview}. */
export interface WriteReviewProps {
  readonly config: Config;
  /** Folder of the synthesized JSON. */
  readonly outdir: string;
  /** Result of each policy. */
  readonly policies: readonly PolicyResult[];
  /** True if `TF_VAR_datadog_api_key` is set. @default - unknown */
  readonly hasDatadogApiKey: boolean | undefined;
  /** Date of the review. */
  readonly today: Date;
  /** Sections from other modules, for example the monitors. @default - none */
  readonly sections?: readonly ReviewSection[];
  /** Stream to which the review is printed. @default process.stdout */
  readonly output?: NodeJS.WriteStream;
}

/**
 * Prints the review, and writes review.txt, review.html, topology.svg and payload/ next to the JSON. The printed text has colours only on a
 * terminal, and never if NO_COLOR is set.
 */
export function writeReview(props: WriteReviewProps): void {
  const { config, outdir, policies, hasDatadogApiKey, today, sections, output = process.stdout } = props;
  const payloads = config.servers.map((server) => ({
    server: server.name,
    bytes: payloadSize(config, server),
    hash: payloadHash(config, server),
  }));
  const result = review(config, { payloads, policies, hasDatadogApiKey, today, ...(sections && { sections }) });
  const plain = renderReview(result, { color: false });
  mkdirSync(outdir, { recursive: true });
  writePayloads(config, join(outdir, "payload"));
  writeFileSync(join(outdir, "review.txt"), plain);
  const topology = drawTopology(config);
  writeFileSync(join(outdir, "topology.svg"), topology);
  writeFileSync(join(outdir, "review.html"), renderPage(result, topology));
  output.write(output.isTTY && pc.isColorSupported ? renderReview(result, { color: true }) : plain);
}

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pc from "picocolors";
import type { Config } from "../config/schema.js";
import { payloadHash, payloadSize, plainFilesOf } from "../payload/index.js";
import { renderReview } from "./render.js";
import { review, type PolicyResult, type ReviewSection } from "./review.js";
import { mermaid, svg } from "./topology.js";

/** Properties of {@link writeReview}. */
export interface WriteReviewProps {
  readonly config: Config;
  /** Folder of the synthesized JSON. */
  readonly outdir: string;
  readonly policies: readonly PolicyResult[];
  /** Whether `TF_VAR_datadog_api_key` is set. */
  readonly hasDatadogApiKey: boolean;
  /** Parts that other concepts add. @default none */
  readonly sections?: readonly ReviewSection[];
  /** Where the review is printed. @default process.stdout */
  readonly output?: NodeJS.WriteStream;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Payloads as plain files. Those of servers that are gone do not stay behind. */
function writePayloads(config: Config, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const server of config.servers)
    for (const file of plainFilesOf(config, server)) write(join(folder, server.name, file.path), file.content);
}

/**
 * Prints the review and leaves it beside the JSON as plain files: review.txt, topology.mmd, topology.svg and payload/<server>/.
 * Colours only on a terminal, and never with NO_COLOR.
 */
export async function writeReview(props: WriteReviewProps): Promise<void> {
  const { config, outdir, policies, hasDatadogApiKey, sections, output = process.stdout } = props;
  const payloads = config.servers.map((server) => ({
    server: server.name,
    bytes: payloadSize(config, server),
    hash: payloadHash(config, server),
  }));
  const result = review(config, { payloads, policies, hasDatadogApiKey, ...(sections && { sections }) });
  writePayloads(config, join(outdir, "payload"));
  write(join(outdir, "review.txt"), renderReview(result, { color: false }));
  write(join(outdir, "topology.mmd"), mermaid(config));
  write(join(outdir, "topology.svg"), await svg(config));
  output.write(renderReview(result, { color: output.isTTY && pc.isColorSupported }));
}

import { paths } from "../../platform/paths.js";
import { readStatic } from "./templates.js";
import type { PayloadPart } from "./part.js";

/** A concept's setup script and the command that runs it. The script is static and can be run again at any time. */
export function setupScript(name: string, file: URL): Required<Pick<PayloadPart, "files" | "commands">> {
  const path = `${paths.scripts}/${name}`;
  return { files: [{ path, permissions: "0755", content: readStatic(file) }], commands: [[path]] };
}

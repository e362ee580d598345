import { vi } from "vitest";
import { Ssh } from "../../../ops/core/ssh.js";

/**
 * Creates an Ssh that stores its files in a folder of the test. Ssh deletes these files only when its process ends, but vitest kills its
 * test workers.
 */
export function sshIn(folder: string, ...given: ConstructorParameters<typeof Ssh>): Ssh {
  vi.stubEnv("TMPDIR", folder);
  try {
    return new Ssh(...given);
  } finally {
    vi.unstubAllEnvs();
  }
}

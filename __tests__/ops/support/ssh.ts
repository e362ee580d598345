import { vi } from "vitest";
import { Ssh } from "../../../ops/core/ssh.js";

/**
 * An Ssh that stores its files in a folder of the test. It removes them only when its process ends, but test workers are killed.
 */
export function sshIn(folder: string, ...given: ConstructorParameters<typeof Ssh>): Ssh {
  vi.stubEnv("TMPDIR", folder);
  try {
    return new Ssh(...given);
  } finally {
    vi.unstubAllEnvs();
  }
}

import { vi } from "vitest";
import { Ssh } from "../../../ops/core/ssh.js";

/**
 * An Ssh that keeps its files below a folder of the test. It removes them when its process ends, and a worker of tests is killed.
 */
export function sshIn(folder: string, ...given: ConstructorParameters<typeof Ssh>): Ssh {
  vi.stubEnv("TMPDIR", folder);
  try {
    return new Ssh(...given);
  } finally {
    vi.unstubAllEnvs();
  }
}

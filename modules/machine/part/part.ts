import type { Config, Role, ServerConfig } from "../../config/schema.js";
import type { PublishedKey } from "../../platform/apt-keys.js";

/** A file on a server. It holds no secret and no Terraform reference. */
export interface PayloadFile {
  readonly path: string;
  readonly content: string;
  /**
   * The content that decides whether a server is outdated: a server created with different content must be replaced. It omits values that
   * only a new server uses, such as its first release. @default content
   */
  readonly decisiveContent?: string;
  /** @default "root:root" */
  readonly owner?: string;
  /** Octal. @default "0644" */
  readonly permissions?: string;
}

/** An apt repository of a vendor. */
export interface AptSource {
  /** File name under sources.list.d, without ending. */
  readonly name: string;
  /** As in sources.list: "deb URL SUITE COMPONENT"; cloud-config.ts adds signed-by. `$RELEASE` is the machine's suite. */
  readonly source: string;
  /** Armored public key that signs the repository, or its published location. */
  readonly key: string | PublishedKey;
}

/** Contribution of one piece of software to the payload of servers with the same roles. Parts are merged in order; see payload.ts. */
export interface PayloadPart {
  /** Name in the server's messages, such as setup failures: lower-case words with dashes. */
  readonly name: string;
  /** Debian packages, installed before `setup` runs. @default - none */
  readonly packages?: readonly string[];
  /** Vendors' repositories with the packages. @default - none: Debian's own */
  readonly aptSources?: readonly AptSource[];
  /** Files that are equal on all servers with these roles. @default - none */
  readonly files?: readonly PayloadFile[];
  /** Files that contain a server's name or address, for one server. @default - none */
  readonly ownFiles?: (server: ServerConfig) => readonly PayloadFile[];
  /**
   * Script that starts the part's services, run once the packages are installed and all files and secrets are written. It is repeated until
   * it succeeds, so it must be repeatable. If it fails, the last line that it prints states the reason. @default - none
   */
  readonly setup?: string;
  /**
   * Script that runs every minute, and fails and prints the problem if there is one. Its output is shown at every login; monitors use it by
   * the part's name, see `notices` in platform/signals.ts. @default - none
   */
  readonly check?: string;
}

/** Input of a part: the configuration and the roles of the servers. */
export interface PayloadContext {
  readonly config: Config;
  readonly roles: readonly Role[];
}

import { keepPrivate } from "../../../ops/hetzner/site.js";
import { BucketStore, type BucketStoreProps } from "../../../ops/hetzner/bucket-store.js";
import { holding } from "../../../ops/core/holding.js";
import { LockStore } from "../../../ops/core/lock.js";
import { unlock } from "../../../ops/commands/unlock.js";
import { exampleConfig } from "../../support/config.js";
import { commandsIn } from "./commands.js";
import { Checkout, stacksFor } from "./real-terraform.js";

/** Input of the process, as JSON in the first argument. */
export interface Order {
  readonly command: "deploy" | "replace" | "unlock";
  readonly folder: string;
  /** Address of the emulated Hetzner API. */
  readonly url: string;
  readonly bucket: BucketStoreProps;
}

// Runs one command in a separate process, like `npm run ops`.
const { command, folder, url, bucket } = JSON.parse(process.argv[2] ?? "") as Order;
const config = exampleConfig({ monitoring: { enabled: false } });
// Terraform reads the state from the current directory.
process.chdir(folder);
await keepPrivate(config);
const place = new LockStore(new BucketStore(bucket));
const checkout = new Checkout(url, { folder });
const commands = commandsIn({
  ...{ config, url, replaced: "alpha", removed: "delta", handled: command === "replace" ? ["alpha"] : [] },
  ...{ own: checkout.own(stacksFor(config), `ops.out-${process.pid}`), folder: (name: string) => checkout.stack(name) },
});
try {
  if (command === "unlock") await unlock(place, {}, console.log);
  else
    await holding(place, command === "replace" ? "replace alpha" : command, async (lock) => {
      if (command === "replace") await lock.setInHand("alpha");
      await commands[command]?.();
      if (command === "replace") await lock.setInHand(undefined);
    });
  console.log("done");
} catch (error) {
  console.log((error as Error).message);
  process.exitCode = 1;
}

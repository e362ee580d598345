import { beforeEach } from "vitest";
import { layout } from "../../../lab/layout.js";

/** If a test fails, prints the location of the logs. The command `npm run lab down` removes these logs. */
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(() => {
    console.error(
      `${task.name}: logs of the consoles and the lab's services: ${layout.logs}; journal of a server: npm run lab shell NAME -- journalctl`,
    );
  });
});

import { beforeEach } from "vitest";
import { layout } from "../../../lab/layout.js";

/** Prints the location of the logs when a test fails. `lab down` removes these logs. */
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(() => {
    console.error(
      `${task.name}: logs of the consoles and the lab's services: ${layout.logs}; journal of a server: npm run lab shell NAME -- journalctl`,
    );
  });
});

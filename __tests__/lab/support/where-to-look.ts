import { beforeEach } from "vitest";
import { layout } from "../../../lab/layout.js";

/** Whoever reads of a failure reads where to look further. `lab down` removes what is there. */
beforeEach(({ onTestFailed, task }) => {
  onTestFailed(() => {
    console.error(
      `${task.name}: consoles and the lab's services wrote ${layout.logs}; a server's journal: npm run lab shell NAME, journalctl`,
    );
  });
});

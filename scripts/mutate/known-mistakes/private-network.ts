import type { KnownMistakes } from "../mutation.js";

export const privateNetwork: KnownMistakes = {
  "private-address": [
    ['show to "$address"', "show", "any address will do"],
    ["exit 1", "exit 0", "a server without its network goes on"],
  ],
};

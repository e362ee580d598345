import { skipTokenStacks } from "../../scripts/token-stacks.js";

skipTokenStacks();

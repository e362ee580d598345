import { skipTokenStacks } from "../../command-line/token-stacks.js";

skipTokenStacks();

import type { PayloadContext, PayloadPart } from "../payload/part.js";

export const datadogAgentPart = (_context: PayloadContext): PayloadPart => ({});

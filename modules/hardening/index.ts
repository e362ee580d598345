import type { PayloadContext, PayloadPart } from "../payload/part.js";

export const hardeningPart = (_context: PayloadContext): PayloadPart => ({});

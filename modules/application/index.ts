import type { PayloadContext, PayloadPart } from "../payload/part.js";

export const applicationPart = (_context: PayloadContext): PayloadPart => ({});

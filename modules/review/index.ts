export { renderReview, reviewWidth } from "./render.js";
export type { ReviewFacts } from "./facts.js";
export { review } from "./review.js";
export { writeReview } from "./write.js";

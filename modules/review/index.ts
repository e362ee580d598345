export { drawTopology, type Drawing } from "./drawing.js";
export { renderReview, reviewWidth } from "./render.js";
export { review, type PolicyResult, type Review, type ReviewFacts, type ReviewSection } from "./review.js";
export { writeReview, type WriteReviewProps } from "./write.js";

/**
 * Limits that two programs must agree on, in seconds and KiB. If one limit must exceed another, it is computed from the other limit, so
 * that the difference stays the same. The load balancer's drain time depends on its configured health check; see `noticeSeconds` in
 * modules/derived/balancer.ts.
 */

/** Maximum time that the application works on a request. It includes the wait of a write for a failover, which takes 7 to 8 s. */
const longestAnswer = 10;

/** Idle time after which nginx closes a connection to the application. */
const upstreamIdle = 5;

const drain = upstreamIdle + 2;
const finish = longestAnswer + 2;

/** Times of the application and of nginx, in seconds. */
export const timings = {
  application: {
    longestAnswer,
    /**
     * Exceeds nginx's idle time, so that nginx always closes an idle connection first. The application might close it while nginx sends a
     * request.
     */
    keepAlive: 15 * upstreamIdle,
    /** Time after a stop request during which nginx can still use or close idle connections. */
    drain,
    /** Time to finish requests in progress. */
    finish,
    /** Time after which systemd kills the application. */
    stop: drain + finish + 6,
  },
  nginx: {
    upstreamIdle,
    /** Exceeds the application's maximum time for an answer. */
    upstreamRead: 2 * longestAnswer,
  },
} as const;

/** Maximum size of a request body, in KiB. The application answers requests above its limit; nginx rejects even larger requests. */
export const bodyKib = { application: 32, nginx: 64 } as const;

/**
 * Limits that two programs must agree on, in seconds and KiB. Where one must be larger than the other it is computed from it, so that a change
 * of one keeps the distance.
 * The notice of the balancer depends on its configured health check: see `noticeSeconds` in config/balancer.ts.
 */

/** A write waits this long for a failover, which takes 7 to 8 s: the longest that the application works on a request. */
const longestAnswer = 10;

/** nginx closes a connection to the application that was idle for so long. */
const upstreamIdle = 5;

const drain = upstreamIdle + 2;
const finish = longestAnswer + 2;

/** Times of the application and of nginx, in seconds. */
export const timings = {
  application: {
    longestAnswer,
    /** Longer than nginx's, so that nginx closes an idle connection and never the application, which might do so while nginx sends a request. */
    keepAlive: 15 * upstreamIdle,
    /** At a stop idle connections are left for nginx to use up or to close. */
    drain,
    /** Then requests in flight are finished. */
    finish,
    /** systemd kills it after this. */
    stop: drain + finish + 6,
  },
  nginx: {
    upstreamIdle,
    /** Above every answer of the application. */
    upstreamRead: 2 * longestAnswer,
  },
} as const;

/** Largest body of a request, in KiB. The application answers what is too large; nginx refuses what nobody would send. */
export const bodyKib = { application: 32, nginx: 64 } as const;

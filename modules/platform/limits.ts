/**
 * Limits that two programs must share, in seconds and KiB. A limit that must exceed another limit is computed from the
 * other limit. The load balancer's drain time depends on its configured health check; see `noticeSeconds` in
 * modules/derived/balancer.ts.
 */

/** Maximum time in seconds for which the application works on a request. A write may wait for a failover, which takes 7 to 8 s. */
const longestAnswer = 10;

/** Idle time in seconds after which nginx closes a connection to the application. */
const upstreamIdle = 5;

const drain = upstreamIdle + 2;
const finish = longestAnswer + 2;

/** Time limits of the application and of nginx, in seconds. */
export const timings = {
  application: {
    longestAnswer,
    /**
     * Idle time after which the application closes a connection. The application's idle time exceeds nginx's idle time, so that nginx
     * always closes an idle connection first. Otherwise the application could close a connection while nginx sends a request.
     */
    keepAlive: 15 * upstreamIdle,
    /** Time in seconds after a stop signal in which nginx can still use or close idle connections. */
    drain,
    /** Time in seconds after the drain in which the application finishes its requests. */
    finish,
    /** Time in seconds after which systemd kills a stopping application. */
    stop: drain + finish + 6,
  },
  nginx: {
    upstreamIdle,
    /**
     * Time in seconds that nginx waits for a response. The time is longer than the application's time limit for a
     * response.
     */
    upstreamRead: 2 * longestAnswer,
  },
} as const;

/**
 * Maximum size of a request body, in KiB. If a body exceeds the application's limit, the application answers with an error. If a body
 * exceeds nginx's limit, nginx rejects the request.
 */
export const bodyKib = { application: 32, nginx: 64 } as const;

/**
 * Limits and time budgets of the service, in one place because they depend on each other: attempt < deadline < stop bound.
 */
export const limits = {
  http: {
    /** Largest request body. A note of 2000 four-byte characters, form-encoded, has 24 000 bytes. */
    bodyBytes: 32 * 1024,
    /** A client must have sent its headers within this time. Node looks every 30 s only, so it may take longer. */
    headersSeconds: 10,
    /** A client must have sent its whole request within this time. nginx buffers requests, so this is generous. */
    requestSeconds: 15,
    /** Idle connections. nginx closes them after 5 s; should the application do so, it might be while nginx sends a request. */
    keepAliveSeconds: 75,
  },
  database: {
    connectionsPerSide: 10,
    /** Operations in progress, those waiting for a connection or a failover included; more are refused at once with 503. */
    operations: 500,
    /** TCP, TLS and login together. */
    connectSeconds: 2,
    /** One attempt of one statement, waiting for a connection included. A frozen peer is given up after this. */
    attemptSeconds: 3,
    /** A read tries replica and primary in turn until then. */
    readDeadlineSeconds: 5,
    /** A write waits for a failover (7-8 s measured) until then. */
    writeDeadlineSeconds: 10,
    /** Pause between two attempts, growing from the first to the second value. */
    firstPauseSeconds: 0.05,
    longestPauseSeconds: 0.5,
    /** Pause between two probes of a side that is away. All requests wait for the probes' answer. */
    scoutSeconds: 0.2,
    probeSeconds: 2,
  },
  health: {
    probeIntervalSeconds: 2,
    /** Both sides silent for this long: the server leaves the balancer's rotation. Four times the longest failover. */
    unreachableSeconds: 30,
  },
  stop: {
    /** At most this long idle connections are left for nginx to use up or to close: longer than the 5 s after which it does. */
    drainSeconds: 7,
    /** Then requests in flight get this long: longer than the longest write. */
    finishSeconds: 12,
  },
  /** A new process waits at most this long for the database before it accepts connections. */
  startSeconds: 3,
} as const;

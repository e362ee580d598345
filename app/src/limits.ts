/**
 * Limits and time budgets of the service, in one place because they depend on each other:
 * attempt < deadline < stop bound, and every deadline lies below nginx's 20 s `proxy_read_timeout`.
 */
export const limits = {
  http: {
    /** Largest request body. A note of 2000 four-byte characters, form-encoded, has 24 000 bytes. */
    bodyBytes: 32 * 1024,
    /** A client must have sent its headers within this time (seconds, as Node checks it coarsely). */
    headersSeconds: 10,
    /** A client must have sent its whole request within this time. nginx buffers requests, so this is generous. */
    requestSeconds: 15,
    /** Idle keep-alive connections. Longer than nginx's upstream `keepalive_timeout`: nginx must be the one that closes. */
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
    /** While a side is out, one probe in this time looks whether it is back; all requests wait for its word. */
    scoutSeconds: 0.2,
    probeSeconds: 2,
  },
  health: {
    probeIntervalSeconds: 2,
    /** Both sides silent for this long: the server leaves the balancer's rotation. Four times the longest failover. */
    unreachableSeconds: 30,
  },
  stop: {
    /** At most this long idle keep-alive connections are left for nginx to use up or to close (its timeout is 5 s). */
    drainSeconds: 7,
    /** Then requests in flight get this long: longer than the longest write. */
    finishSeconds: 12,
  },
  /** A new process waits at most this long for the database before it accepts connections. */
  startSeconds: 3,
  notes: {
    authorCharacters: 80,
    textCharacters: 2000,
    pageSize: 20,
    largestPage: 100,
  },
} as const;

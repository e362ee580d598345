-- At the end of a run, wrk prints one line of JSON. The latencies p50 and p99 are in milliseconds.
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format('{"sent":%d,"seconds":%.3f,"failed":%d,"p50":%.2f,"p99":%.2f}\n',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end

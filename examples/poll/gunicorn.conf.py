"""gunicorn's settings. A socket that systemd passes (LISTEN_FDS) is taken by itself; without one, HOST and PORT say where to listen."""

import os

from gunicorn.workers.gthread import TConn, ThreadWorker


class PromptWorker(ThreadWorker):
    """
    Hands an accepted connection to a thread at once. gunicorn's own waits in its loop until the request arrives, and drops the connection
    when it is told to stop meanwhile. nginx sends at once, so that no thread waits long.
    """

    def accept(self, server, listener):
        try:
            sock, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another process was faster, or the client has left
            return
        self.nr_conns += 1
        self.enqueue_req(TConn(self.cfg, sock, client, server))


bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"]
worker_class = PromptWorker
# The unit allows 64 tasks and 768 MiB.
workers = 2
threads = 24
# No connection is kept: a process that stops has none on which the next request could be under way.
keepalive = 0
# Longer than the longest answer, a write that waits for a failover.
graceful_timeout = 13
timeout = 30
# One line a request is written by the application itself.
accesslog = None
errorlog = "-"
worker_tmp_dir = "/tmp"

"""gunicorn's settings. A socket that systemd passes (LISTEN_FDS) is taken by itself; without one, HOST and PORT say where to listen."""

import os

bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"]
worker_class = "poll.prompt_worker.PromptWorker"
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

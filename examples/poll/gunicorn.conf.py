"""gunicorn's settings. gunicorn uses a socket that systemd passes (LISTEN_FDS); otherwise it listens on HOST and PORT."""

import os

bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"]
worker_class = "poll.prompt_worker.PromptWorker"
# The unit allows 64 tasks and 768 MiB.
workers = 2
threads = 24
# No keep-alive, so a stopping process has no connection on which nginx could be sending a request.
keepalive = 0
# Longer than the slowest answer: a write that waits for a failover.
graceful_timeout = 13
timeout = 30
# The application logs requests itself.
accesslog = None
errorlog = "-"
worker_tmp_dir = "/tmp"

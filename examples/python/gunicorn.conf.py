import os

# gunicorn uses a socket that systemd passes (LISTEN_FDS); otherwise it listens here.
bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"]
# The unit allows 64 tasks.
workers, threads = 2, 24
# No keep-alive, so a stopping process has no connection on which nginx could be sending a request.
keepalive = 0
# Longer than a write that waits for a failover.
graceful_timeout = 13

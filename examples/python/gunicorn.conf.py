import os

# gunicorn uses the socket that systemd passes (LISTEN_FDS). Without such a socket, it listens on this address.
bind = [f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"]
# Two workers with 24 threads fit into the 64 tasks that the systemd unit allows.
workers, threads = 2, 24
# Keep-alive is off, so that nginx cannot send a request on an idle connection of a stopping process.
keepalive = 0
# graceful_timeout (in seconds) is longer than a write that waits for a failover.
graceful_timeout = 13

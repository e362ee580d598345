"""The gunicorn worker class."""

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

"""
Emulates a database member that checks client certificates. On the first printed port, TLS starts after MySQL's greeting. On the second
port, TLS starts at once.
"""

import contextlib
import socket
import ssl
import sys
import threading

certificate, key, trusted = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.load_verify_locations(trusted)
context.verify_mode = ssl.CERT_REQUIRED


def serve(listener, greets):
    while True:
        connection, _ = listener.accept()
        with contextlib.suppress(OSError), connection:
            if greets:
                connection.sendall(b"\x03\x00\x00\x00\x01\x02\x03")
                connection.recv(36, socket.MSG_WAITALL)
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)


listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
for listener, greets in zip(listeners, (True, False)):
    threading.Thread(target=serve, args=(listener, greets), daemon=True).start()
print(*(listener.getsockname()[1] for listener in listeners), flush=True)
sys.stdin.read()

"""Prints the certificate that nginx on this server shows to whoever comes through the balancer: address, port and name are the arguments."""

import socket
import ssl
import sys

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with socket.create_connection((address, port), 10) as connection:
    # As the balancer begins every connection (PROXY protocol).
    connection.sendall(f"PROXY TCP4 {address} {address} {port} {port}\r\n".encode())
    with context.wrap_socket(connection, server_hostname=name) as tls:
        print(ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True)))

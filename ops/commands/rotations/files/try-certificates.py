"""
Presents certificates to a member on MySQL's port and on the group's port, and checks the answers of the running mysqld. The certificate
files alone would only show what mysqld reads at its next start. Certificates and keys come on standard input. Prints the problems.
"""

import contextlib
import json
import os
import socket
import ssl
import struct
import sys

SECONDS = 10
CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION = 1 << 9, 1 << 11, 1 << 15
UTF8MB4 = 45


def read(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise OSError("the connection was closed before TLS began")
        data += more
    return data


def ask_for_tls(connection):
    """Starts TLS in MySQL's protocol: reads the greeting and answers with an SSLRequest."""
    header = read(connection, 4)
    read(connection, int.from_bytes(header[:3], "little"))
    request = struct.pack("<IIB23x", CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION, 1 << 24, UTF8MB4)
    connection.sendall(len(request).to_bytes(3, "little") + b"\x01" + request)


def context_with(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # With TLS 1.3, a client learns of a rejection only when it reads after the handshake.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # The file is in memory, because the key must not be written to a disk.
    with os.fdopen(os.memfd_create("certificate"), "w") as file:
        file.write(f"{certificate.rstrip()}\n{key}")
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context


def shown(address, port, speaks_mysql, certificate, key):
    """Returns the certificate that the member presents to a client with this certificate, or None if the member rejects the client."""
    with contextlib.closing(socket.create_connection((address, port), SECONDS)) as connection:
        if speaks_mysql:
            ask_for_tls(connection)
        try:
            with context_with(certificate, key).wrap_socket(connection) as tls:
                return tls.getpeercert(binary_form=True)
        except ssl.SSLError as problem:
            if "ALERT" in (problem.reason or ""):
                return None
            raise


def problem_at(wanted, place):
    accepted, refused = wanted["accepted"], wanted["refused"]
    seen = shown(wanted["address"], **place, **accepted)
    if seen is None:
        return "rejects the certificate that members present"
    if seen != ssl.PEM_cert_to_DER_cert(accepted["certificate"]):
        return "presents another certificate than expected"
    if refused and shown(wanted["address"], **place, **refused) is not None:
        return "still accepts a certificate of the old authority"
    return None


wanted = json.load(sys.stdin)
for place in wanted["places"]:
    try:
        problem = problem_at(wanted, place)
    except OSError as error:
        problem = f"cannot be asked: {error}"
    if problem:
        print(f"port {place['port']} {problem}")

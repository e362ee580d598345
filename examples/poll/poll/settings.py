"""Settings from environment variables."""

import os
from typing import NamedTuple


class Address(NamedTuple):
    host: str
    port: int


class Settings(NamedTuple):
    site_domain: str
    environment: str
    version: str
    """Name of the release's folder: the start of the tarball's SHA-256."""
    release: str
    """Address that always leads to the primary. Both addresses are HAProxy on loopback; TLS runs through HAProxy to a member."""
    write: Address
    """Address that is balanced over healthy replicas."""
    read: Address
    database: str
    user: str
    password: str
    ca_file: str
    """Name that every member's certificate must contain, because the address does not identify the member."""
    tls_name: str


def read_settings(environment=os.environ, folder="."):
    """@raise SystemExit with one sentence for each problem"""
    problems = []

    def required(name):
        value = environment.get(name, "")
        if not value:
            problems.append(f"{name}: is required, got nothing; set it in the environment")
        return value

    def address(name):
        value = required(name)
        host, _, port = value.rpartition(":")
        if value and not (host and port.isdigit() and 1 <= int(port) <= 65535):
            problems.append(f'{name}: must be HOST:PORT, got "{value}"')
            return Address("", 0)
        return Address(host, int(port or 0))

    def content(path):
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            return problems.append(f"{path}: must be a readable file, got {error.strerror}") or ""

    password_file = required("DATABASE_PASSWORD_FILE")
    settings = Settings(
        site_domain=required("SITE_DOMAIN"),
        environment=required("ENVIRONMENT"),
        version=_version(folder),
        release=os.path.basename(os.path.realpath(folder)),
        write=address("DATABASE_WRITE"),
        read=address("DATABASE_READ"),
        database=required("DATABASE_NAME"),
        user=required("DATABASE_USER"),
        password=content(password_file) if password_file else "",
        ca_file=required("DATABASE_CA_FILE"),
        tls_name=required("DATABASE_TLS_NAME"),
    )
    if problems:
        raise SystemExit("environment:\n  " + "\n  ".join(problems))
    return settings


def _version(folder):
    """Version written by the build; a source folder has none."""
    try:
        with open(os.path.join(folder, "VERSION"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return "development"

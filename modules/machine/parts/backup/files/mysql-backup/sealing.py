"""Packing and encrypting: a server can do it with the public keys, and cannot undo it."""

import subprocess

PACK = ["zstd", "--quiet", "--stdout"]
UNPACK = ["zstd", "--quiet", "--stdout", "--decompress"]


def encrypt(recipients):
    return ["age", *(word for recipient in recipients for word in ("--recipient", recipient))]


def decrypt(identity):
    return ["age", "--decrypt", "--identity", str(identity)]


def seal(content, recipients):
    return _through(encrypt(recipients), _through(PACK, content))


def unseal(content, identity):
    """@raises ValueError for a wrong key, or for what nobody has sealed"""
    return _through(UNPACK, _through(decrypt(identity), content))


def _through(command, content):
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError(f"{command[0]}: {first_words(done.stderr)}")
    return done.stdout


def first_words(stderr):
    """What a program complains of; what follows are addresses to report it to."""
    return stderr.decode(errors="replace").strip().partition("\n")[0]


def flow(*commands, **options):
    """Starts `first | second | …`. @returns the processes; the last one's output can be read"""
    processes = []
    for command in commands:
        source = processes[-1].stdout if processes else options.get("stdin")
        processes.append(subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE))
        if processes[:-1]:
            source.close()
    return processes


def require_ended(processes):
    """@raises ValueError when one of them failed"""
    failed = [process.args[0] for process in processes if process.wait()]
    if failed:
        raise ValueError(f"{', '.join(failed)} failed")

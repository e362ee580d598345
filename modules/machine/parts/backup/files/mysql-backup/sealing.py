"""Compression and encryption: a server can encrypt with the public keys but cannot decrypt."""

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
    """@raises ValueError for a wrong key or unencrypted content"""
    return _through(UNPACK, _through(decrypt(identity), content))


def _through(command, content):
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError(f"{command[0]}: {first_words(done.stderr)}")
    return done.stdout


def first_words(stderr):
    """The program's error message, without the following lines about reporting bugs."""
    return stderr.decode(errors="replace").strip().partition("\n")[0]


def flow(*commands, **options):
    """Starts `first | second | …`. @returns the processes; the output of the last one can be read"""
    processes = []
    for command in commands:
        source = processes[-1].stdout if processes else options.get("stdin")
        processes.append(subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE))
        if processes[:-1]:
            source.close()
    return processes


def require_ended(processes):
    """@raises ValueError if a process failed"""
    failed = [process.args[0] for process in processes if process.wait()]
    if failed:
        raise ValueError(f"{', '.join(failed)} failed")

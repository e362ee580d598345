"""Compresses and encrypts data. A server has only the public keys, so a server can encrypt but cannot decrypt."""

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
    """Decrypts and decompresses data. @raises ValueError if the key is wrong or the content is not encrypted"""
    return _through(UNPACK, _through(decrypt(identity), content))


def _through(command, content):
    done = subprocess.run(command, input=content, capture_output=True)
    if done.returncode:
        raise ValueError(f"{command[0]}: {first_words(done.stderr)}")
    return done.stdout


def first_words(stderr):
    """Returns the first line of a program's error output. The following lines about bug reports are dropped."""
    return stderr.decode(errors="replace").strip().partition("\n")[0]


def flow(*commands, **options):
    """Starts the pipeline `first | second | …` and returns its processes. The caller must read the output of the
    last process."""
    processes = []
    for command in commands:
        source = processes[-1].stdout if processes else options.get("stdin")
        processes.append(subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE))
        if processes[:-1]:
            source.close()
    return processes


def require_ended(processes):
    """Waits until all processes have ended. @raises ValueError if a process failed"""
    failed = [process.args[0] for process in processes if process.wait()]
    if failed:
        raise ValueError(f"{', '.join(failed)} failed")

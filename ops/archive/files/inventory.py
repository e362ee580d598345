"""What is in the bucket, as its names tell it; nothing is fetched."""

from names import number, read_base, read_drill, read_piece, shipped


def look(bucket):
    """@returns {"timelines": …}, the one that was written last first"""
    found = {}
    for item in bucket.list(""):
        found.setdefault(item.key.partition("/")[0], []).append(item)
    timelines = [_timeline(name, items) for name, items in found.items()]
    return {"timelines": sorted((one for one in timelines if one), key=lambda one: one["until"] or "", reverse=True)}


def _timeline(name, items):
    """Times are in ISO 8601; those of pieces are when the bucket got them. None where nothing is of ours."""
    pieces = [(piece, item) for item in items if (piece := read_piece(name, item.key))]
    bases = [base for item in items if (base := read_base(name, item.key))]
    if not pieces and not bases:
        return None
    return {
        "name": name,
        "bytes": sum(item.bytes for item in items),
        "oldest": min(item.time for item in items),
        "until": max((item.time for _, item in pieces), default=None),
        "bases": [
            {"time": iso(base.time), "bytes": sum(item.bytes for item in items if item.key.startswith(f"{base.folder}/"))}
            for base in sorted(bases, key=lambda base: base.time)
        ],
        "members": [_member(server, pieces) for server in sorted({piece.server for piece, _ in pieces})],
        "drills": [
            {"time": iso(drill.time), "good": drill.good, "key": drill.key}
            for item in sorted(items, key=lambda item: item.key)
            if (drill := read_drill(name, item.key))
        ],
    }


def _member(server, pieces):
    own = [(piece, item) for piece, item in pieces if piece.server == server]
    files = sorted({piece.file for piece, _ in own}, key=number)
    return {
        "server": server,
        "bytes": sum(item.bytes for _, item in own),
        "until": max(item.time for _, item in own),
        "holes": list(_holes(server, files, [piece for piece, _ in own])),
    }


def _holes(server, files, pieces):
    for before, file in zip([None, *files], files):
        if before and number(file) > number(before) + 1:
            yield f"no log between {before} and {file}"
        end = shipped(pieces, server, file)
        if any(piece.file == file and piece.start > end for piece in pieces):
            yield f"{file} has a hole at byte {end}"


def iso(stamp):
    """20261125T021700Z as 2026-11-25T02:17:00Z."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:]}"

"""Asks the other members for their reports in parallel."""

import concurrent.futures
import http.client
from dataclasses import replace

from report import Report

TIMEOUT_SECONDS = 2.5
LARGEST_ANSWER_BYTES = 2**20


def ask(address, port):
    """Returns the current Report of a member, or None if the member does not respond with a valid report."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/state")
        return Report.from_json(connection.getresponse().read(LARGEST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()


def gather(settings, mine, lost=()):
    """Asks all members for their reports. Returns the Report of each member by name, or None if a member does
    not answer. Configured members come first, in configuration order.
    The function also asks every address that a responding member counts. Members in `lost`, and forgotten
    members that no member counts, are in the result only if they respond.
    """
    names = {address: name for name, address in settings.members.items()}
    reports, new = {settings.address: mine}, True
    while new:
        counted = {address for report in reports.values() if report for address in (*report.view, *report.remembered)}
        new = sorted({*names, *counted} - set(reports))
        with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
            reports.update(zip(new, pool.map(lambda address: ask(address, settings.rolePort), new)))
    gone = {*map(settings.address_of, lost), *(set(mine.forgotten) - counted)}
    order = [*names, *sorted(set(reports) - set(names))]
    return {
        names.get(address, address): report and replace(report, address=address)
        for address, report in ((address, reports[address]) for address in order)
        if report or address not in gone
    }

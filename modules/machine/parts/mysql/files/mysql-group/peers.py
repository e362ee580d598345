"""Asks the other members, all at once."""

import concurrent.futures
import http.client

from report import Report
from settings import expected_members

TIMEOUT_SECONDS = 2.5
LARGEST_ANSWER_BYTES = 2**20


def ask(address, port):
    """The member's Report of this moment; None when it does not answer, or answers what is no report."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/state")
        return Report.from_json(connection.getresponse().read(LARGEST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return None
    finally:
        connection.close()


def gather(settings, mine, lost=(), forgotten=()):
    """
    Every known member's name -> Report or None, in the order of the configuration.
    Two kinds of members count only if they answer: `lost` ones, by name, and `forgotten` ones, by address, unless somebody saw them in
    the group after all.
    """
    reports, asked = {settings.server: mine}, 0
    while len(reports) != asked:
        asked = len(reports)
        seen = [address for report in reports.values() if report for address in (*report.view, *report.remembered)]
        addresses = expected_members(settings, seen)
        new = {name: address for name, address in addresses.items() if name not in reports}
        with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
            answers = pool.map(lambda address: ask(address, settings.rolePort), new.values())
            reports.update(zip(new, answers))
    gone = {*lost, *(name for name, address in addresses.items() if address in forgotten and address not in seen)}
    order = [*settings.members, *sorted(set(reports) - set(settings.members))]
    return {name: reports[name] for name in order if name in reports and (reports[name] or name not in gone)}

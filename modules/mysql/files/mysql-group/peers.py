"""Asks the other members, all at once."""

import concurrent.futures
import http.client

from report import Report
from settings import expected_members

TIMEOUT_SECONDS = 2.5


def ask(address, port):
    """The member's Report of this moment; None when it does not answer."""
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/state")
        return Report.from_json(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return None
    finally:
        connection.close()


def gather(settings, mine, lost=()):
    """Every known member's name -> Report or None, in the order of the configuration; `lost` ones left out."""
    reports, asked = {settings.server: mine}, 0
    while len(reports) != asked:
        asked = len(reports)
        views = [view for report in reports.values() if report for view in (report.view, report.remembered)]
        members = expected_members(settings, views)
        new = {name: address for name, address in members.items() if name not in reports and name not in lost}
        with concurrent.futures.ThreadPoolExecutor(max_workers=16) as pool:
            answers = pool.map(lambda address: ask(address, settings.rolePort), new.values())
            reports.update(zip(new, answers))
    order = [*settings.members, *sorted(set(reports) - set(settings.members))]
    return {name: reports[name] for name in order if name in reports}

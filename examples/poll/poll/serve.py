"""The module that gunicorn loads: `python3 -m gunicorn poll.serve:application`, configured by gunicorn.conf.py."""

import socket

from poll import log
from poll.database import open_database
from poll.health import Health
from poll.settings import read_settings
from poll.web import Web

settings = read_settings()
log.set_up(
    version=settings.version, release=settings.release, server=socket.gethostname(), environment=settings.environment
)
database = open_database(settings)
health = Health(database)
# Probes before the first request. If the database is unavailable, the server must still serve error pages.
database.probe()
health.start()
application = Web(database, health, settings)

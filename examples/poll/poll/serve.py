"""What gunicorn loads: `python3 -m gunicorn poll.serve:application`, set up by gunicorn.conf.py."""

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
# Health is known before the first request; a database that is away must not keep error pages from being served.
database.probe()
health.start()
application = Web(database, health, settings)

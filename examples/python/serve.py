from app import Application
from database import Database

# gunicorn loads this object: `python3 -m gunicorn serve:application`.
application = Application(Database())

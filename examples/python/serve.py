from app import Application
from database import Database

# gunicorn loads this: `python3 -m gunicorn serve:application`.
application = Application(Database())

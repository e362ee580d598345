"""
Tries to log in to MySQL with revoked passwords, which come on standard input. Prints each password's account that MySQL still accepts, and
each attempt that ends with another error than a rejection.
"""

import json
import ssl
import sys

import pymysql

REFUSED = 1045


def outcome(user, password, ca=None, **where):
    context = ssl.create_default_context(cafile=ca) if ca else None
    if context:
        # pymysql would compare the certificate's name with HAProxy's address. Here it is enough that our authority signed the certificate.
        context.check_hostname = False
        # Python 3.13 checks certificates more strictly than MySQL and its clients.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        pymysql.connect(user=user, password=password, ssl=context, connect_timeout=10, **where).close()
        return f"the account {user} still takes the old password"
    except pymysql.Error as problem:
        return None if problem.args[0] == REFUSED else f"{user}: {problem}"


problems = [outcome(**attempt) for attempt in json.load(sys.stdin)]
print("; ".join(problem for problem in problems if problem))

#!/usr/bin/env python3
"""direct.py - many phone calls over plain HTTP and kept connections, as a cron job records them.

usage: direct.py same            64 clients at once record one call, each writing its time in another way
       direct.py replay COUNT    16 clients record COUNT calls of October 2012

Where the server is comes from CALLBOARD_HTTP_URL and CALLBOARD_TOKEN. Prints the id of each call, or what was answered
instead of one, a line each.
"""
import http.client
import json
import os
import sys
import threading
import urllib.parse

URL = urllib.parse.urlsplit(os.environ["CALLBOARD_HTTP_URL"])
CREATE = "/direct/items/phonecalls/create?"
FORMS = ["2012-09-01T12:20:33Z", "20120901T122033Z", "2012-09-01T14:20:33+02:00", "2012-09-01T07:50:33-0430",
         "2012-245T12:20:33,0Z", "2012-09-01 12:20:33", "2012-W35-6T12:20:33Z", "2012-09-01T12:20:33.000"]


def create(connection, call):
    query = urllib.parse.urlencode({"token": os.environ["CALLBOARD_TOKEN"], **call})
    connection.request("GET", CREATE + query)
    response = connection.getresponse()
    body = response.read().decode()
    try:
        return json.loads(body)["phonecallId"]
    except (ValueError, KeyError):
        return f"{response.status} {body.strip()}"


def calls_of_october(count):
    for i in range(count):
        day, second = i % 31 + 1, i * 7919 % 86400
        yield {"initiated": f"2012-10-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
               "source": str(1000 + i), "destination": "02122853348", "duration": i % 600,
               "url": f"http://pbx.example.com/rec/SIP/{i:08}"}


def run(shares):
    barrier, lines = threading.Barrier(len(shares)), []

    def client(calls):
        connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=30)
        connection.connect()
        barrier.wait()
        for call in calls:
            lines.append(create(connection, call))

    threads = [threading.Thread(target=client, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*lines, sep="\n")


if sys.argv[1] == "same":
    run([[{"initiated": FORMS[i % len(FORMS)], "source": "7222", "destination": "02122853348"}] for i in range(64)])
else:
    calls = list(calls_of_october(int(sys.argv[2])))
    run([calls[i::16] for i in range(16)])

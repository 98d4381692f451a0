#!/usr/bin/env python3
"""guess.py - passwords by the thousand, for the tests of credentials.

  guess.py URL USER COUNT             COUNT wrong passwords, on 8 connections; says what came of them
  guess.py --steady URL USER PASSWORD the right one until SIGTERM; says how often it was refused
"""
import base64
import collections
import http.client
import signal
import sys
import threading
import urllib.parse


def status(connection, path, user, password):
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": "Basic " + token})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def guess(url, user, count):
    statuses = collections.Counter()
    numbers = iter(range(count))
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection(url.hostname, url.port)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            got = status(connection, url.path, user, f"guess-{number}")
            with lock:
                statuses[got] += 1
                if sum(statuses.values()) == 200:
                    print("begun", flush=True)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wrong = statuses[401] + statuses[429]
    print(f"done: {wrong} wrong, {sum(statuses.values()) - wrong} right or else {dict(statuses)}", flush=True)


def steady(url, user, password):
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    connection = http.client.HTTPConnection(url.hostname, url.port)
    statuses = collections.Counter()
    while not ending.is_set():
        statuses[status(connection, url.path, user, password)] += 1
        if sum(statuses.values()) == 10:
            print("begun", flush=True)
    refused = sum(count for code, count in statuses.items() if code != 200)
    print(f"done: {statuses[200]} let in, {refused} refused", flush=True)


if sys.argv[1] == "--steady":
    steady(urllib.parse.urlparse(sys.argv[2]), *sys.argv[3:])
else:
    guess(urllib.parse.urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

"""The bench of notifications: packets that must not be lost beside POST to the cache, the spool, and news to many."""
import json
import os
import re
import selectors
import shutil
import signal
import socket
import threading
import time
from functools import partial
from statistics import median

from cache import ANIS, SETTINGS, PATH, VALUE, check_post, expect, forget_posts
from machine import CannotMeasure
from rounds import Bench, Case, Load, Target, middle, ratio
from servers import Callboard, encode

SUMMARY = "notifications"
LIST = "enigma:notifications:campaigns"
CDR = json.dumps({"type": "cdr", "payload": {
    "extension": "1000", "call_ref": "ab1ab002-ccd4-46a7-b39b-773deb45dde1", "contact_ref": "17",
    "dialed_at": "2026-11-21T07:55:31Z", "end_reason": "NORMAL_CLEARING", "end_code": 200, "call_time": 45,
    "call_dir": "outbound", "recording_url": "", "ref": "autumn"}})
NEWS = json.dumps({"type": "status", "payload": {"status": "busy", "ref": "1002"}})
SUBSCRIBERS = 1000


class Listeners:
    """Redis clients that listen to all agents and count what they are told."""

    def __init__(self, redis):
        self.redis, self.sockets, self.bytes = redis, [], 0

    def start(self):
        for _ in range(SUBSCRIBERS):
            one = socket.socket(socket.AF_UNIX)
            one.connect(self.redis.socket)
            one.sendall(encode(["PSUBSCRIBE", "enigma:notifications:agents:*"]))
            self.sockets.append(one)
        threading.Thread(target=self.listen, args=(list(self.sockets),), daemon=True).start()

    def listen(self, sockets):
        selector = selectors.DefaultSelector()
        for one in sockets:
            selector.register(one, selectors.EVENT_READ)
        try:
            while self.sockets:
                for key, _ in selector.select(0.2):
                    self.bytes += len(key.fileobj.recv(1 << 20))
        except (OSError, ValueError):
            pass

    def stop(self):
        sockets, self.sockets = self.sockets, []
        time.sleep(0.3)
        for one in sockets:
            one.close()


class Away:
    """Redis is frozen while a case runs; then the time is taken until the spool is drained."""

    def __init__(self, redis, spool):
        self.redis, self.spool = redis, spool
        self.drained = []  # packets a second
        self.synced = []  # syncs a second
        self.syncs_before, self.since, self.look = 0, 0, None

    def syncs(self):
        """How often the pool has synced the disk for the spool."""
        text = self.look("GET", "/metrics")[2]
        return int(re.search(r"^callboard_spool_syncs_total (\d+)", text, re.M)[1])

    def packets(self):
        return sum(open(os.path.join(self.spool, name), "rb").read().count(b"\nwait\t") + 1
                   for name in os.listdir(self.spool) if name.endswith(".spool"))

    def begin(self):
        self.syncs_before, self.since = self.syncs(), time.monotonic()
        os.kill(self.redis.pid, signal.SIGSTOP)

    def end(self):
        holding = os.path.join(self.spool, "holding")
        count = self.packets() if os.path.exists(holding) else 0
        if count:
            self.synced.append((self.syncs() - self.syncs_before) / (time.monotonic() - self.since))
        os.kill(self.redis.pid, signal.SIGCONT)
        begun = None
        deadline = time.monotonic() + 120
        while os.path.exists(holding):
            if time.monotonic() > deadline:
                raise CannotMeasure("the spool is not drained")
            if begun is None and self.redis.pipeline([["LLEN", LIST]]) != ["0"]:
                begun = time.monotonic()
            time.sleep(0.01)
        if begun and count > 5000:
            self.drained.append(count / (time.monotonic() - begun))


def check_critical(client, case):
    status, _, text = client.look(case.pool, "POST", "/notifications/campaigns", CDR)
    expect(case, "POST of a critical packet", (status, list(json.loads(text))), (200, ["queued"]))


def check_news(client, case):
    status, _, text = client.look(case.pool, "POST", "/notifications/agents/1002", NEWS)
    expect(case, "POST of news", (status, list(json.loads(text))), (200, ["published"]))


def bench(place, redis, options):
    """The pools, cases, loads and targets."""
    spool = place.file("spool")
    os.mkdir(spool, 0o700)
    if os.geteuid() == 0:
        shutil.chown(spool, "www-data", "www-data")
    ours = Callboard(place, redis, options.program, f"{SETTINGS}\n[spool]\ndirectory = {spool}\n")
    listeners, away = Listeners(redis), Away(redis, spool)

    def forget():
        redis.pipeline([["UNLINK", LIST]])
        redis.remove("callboard:packet:*")

    posts = [("POST", PATH, json.dumps({"value": VALUE, "ani": str(2000000000 + i * 7919)})) for i in range(ANIS)]
    critical = [("POST", "/notifications/campaigns", CDR)]
    news = [("POST", "/notifications/agents/1002", NEWS)]
    def check_spooled(client, case):
        away.look = partial(client.look, case.pool)
        check_critical(client, case)

    cases = [
        Case("post", "cache POST", ours, posts, check_post, after=lambda: forget_posts(redis)),
        Case("critical", "critical packet", ours, critical, check_critical, after=forget),
        Case("news", "news, nobody listens", ours, news, check_news),
        Case("fanout", f"news, {SUBSCRIBERS} listen", ours, news, check_news,
             before=listeners.start, after=listeners.stop),
        Case("spooled", "critical, Redis frozen", ours, critical, check_spooled,
             before=away.begin, after=lambda: (away.end(), forget())),
    ]
    targets = [
        Target("64", "critical packet ÷ cache POST", lambda rounds: ratio(rounds, "critical", "post"), 0.6),
        Target("64", "spooled and synced while Redis is away", lambda rounds: middle(rounds, "spooled", "rate"),
               2000, unit="/s"),
        Target("64", "with so many syncs of the disk", lambda _: median(away.synced) if away.synced else None, 0, unit="/s"),
        Target("64", "drained", lambda _: min(away.drained, default=None), 20000, unit="/s"),
        Target("64", f"told to {SUBSCRIBERS} subscribers",
               lambda rounds: middle(rounds, "fanout", "rate") * SUBSCRIBERS, 0, unit=" messages/s")]
    return Bench("Notifications", [ours], cases, [Load("64", 64)], targets, notes=[
        "Redis frozen: the first requests of a round wait for the deadline; each answer of 202 comes after a sync of the disk, "
        "which requests that come meanwhile share."])

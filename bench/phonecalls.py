"""The bench of phone calls: create beside the cache's POST, and a day of a million calls that is deleted."""
import os
import random
import re
import subprocess
import time
from functools import partial
from statistics import median

from cache import ANIS, PATH, SETTINGS, VALUE, check_get, check_post, expect, fill, forget_posts, json, seed_keys
from machine import CannotMeasure
from rounds import Bench, Case, Load, Target, middle, ratio, worst
from servers import Callboard

SUMMARY = "phone calls"
CREATE = "/direct/items/phonecalls/create"
CONTACTS = 10000
FIRST_NUMBER = 2120000000
DAY = "2012-08-23"  # the day of a million calls
CALLS = 1000000
CHUNK = 10000
URL = "http://pbx.example.com/recordings/"
URL_LENGTH = 80

# Records calls as the service does: the same fields, values and keys; check_create compares them with a real one.
# ARGV: day, first id, how many, contacts, first number, url's beginning, its length.
FILL_SCRIPT = """
local day, first, count, contacts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for id = first, first + count - 1 do
  local second, contact = math.floor(id * 86400 / (%d + 1)), id * 7919 %% contacts + 1
  local hour = math.floor(second / 3600)
  local field = string.format('%%02d:%%02d:%%02d|%%010d|%%010d', hour, math.floor(second / 60) %% 60, second %% 60,
    id, tonumber(ARGV[5]) + contact)
  local url = ARGV[6] .. string.format('%%0' .. (tonumber(ARGV[7]) - #ARGV[6]) .. 'd', id)
  redis.call('HSETNX', KEYS[1], field, string.format('[%%d,%%d,%%d,"%%s"]', id, contact, id %% 600, url))
  redis.call('ZADD', KEYS[2], contact, field)
  redis.call('RPUSH', KEYS[3] .. hour, field)
end""" % CALLS


def used_memory(redis):
    (text,) = redis.pipeline([["INFO", "memory"]])
    return int(re.search(r"^used_memory:(\d+)", text, re.M)[1])


def fill_day(redis):
    """A day of a million calls. Returns the bytes that one of them takes in Redis."""
    before = used_memory(redis)
    keys = [f"phonecalls:{{{DAY}}}", f"callboard:phonecalls:wall:{{{DAY}}}", f"callboard:phonecalls:hour:{{{DAY}}}:"]
    redis.pipeline([["ZADD", "callboard:phonecalls:days", "15575", DAY]])
    for first in range(1, CALLS + 1, CHUNK):
        redis.pipeline([["EVAL", FILL_SCRIPT, "3", *keys, DAY, str(first), str(CHUNK), str(CONTACTS),
                         str(FIRST_NUMBER), URL, str(URL_LENGTH)]])
    return (used_memory(redis) - before) / CALLS


def contacts(redis):
    redis.pipeline([["HSET", "{callboard:contacts}:phones", str(FIRST_NUMBER + i), str(i)]
                    for i in range(1, CONTACTS + 1)])
    redis.pipeline([["HSET", "callboard:contacts", str(i), f'{{"name":"Contact {i}","phones":["{FIRST_NUMBER + i}"]}}']
                    for i in range(1, CONTACTS + 1)])


def a_call(number, token):
    """A call of its own for each number, with what the memory is measured with: 10 digits and an url of 80."""
    url = URL + str(number).zfill(URL_LENGTH - len(URL))
    day, second = number % 27 + 1, number * 7919 % 86400
    return (f"{CREATE}?token={token}&initiated=2011-03-{day:02}T{second // 3600:02}:{second // 60 % 60:02}:"
            f"{second % 60:02}Z&source={number:010}&destination={FIRST_NUMBER + number % CONTACTS + 1}"
            f"&duration={number % 600}&url={url}")


def forget_calls(redis):
    for pattern in ("phonecalls:{2011*", "callboard:phonecalls:wall:{2011*", "callboard:phonecalls:hour:{2011*"):
        redis.remove(pattern)


def check_create(redis, client, case):
    """Recorded once, found again, and kept as fill_day keeps calls."""
    path = case.requests[0][1]
    forget_calls(redis)
    status, _, body = client.look(case.pool, "GET", path)
    expect(case, "create", (status, json.loads(body)["error"]), (200, False))
    expect(case, "create again", client.look(case.pool, "GET", path)[2], body)
    (pairs,) = redis.pipeline([["HGETALL", "phonecalls:{2011-03-01}"]])
    answer = json.loads(body)
    expect(case, "field in Redis", pairs[0], f"00:00:00|{0:010}|{FIRST_NUMBER + 1}")
    expect(case, "value in Redis", json.loads(pairs[1])[:3], [answer["phonecallId"], answer["contactId"], 0])
    expect(case, "length of the url in Redis", len(json.loads(pairs[1])[3]), URL_LENGTH)
    (wall,) = redis.pipeline([["ZRANGE", "callboard:phonecalls:wall:{2011-03-01}", "0", "-1", "WITHSCORES"]])
    expect(case, "wall in Redis", wall, [pairs[0], str(answer["contactId"])])
    (hour,) = redis.pipeline([["LRANGE", "callboard:phonecalls:hour:{2011-03-01}:0", "0", "-1"]])
    expect(case, "hour in Redis", hour, [pairs[0]])


def make_token(place, program):
    """A token for the pool, made as an administrator makes one."""
    tokens = place.file("tokens", "")
    command = [os.path.join(os.path.dirname(program), "callboard-passwd"), tokens, "token", "add", "bench"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotMeasure(f"callboard-passwd made no token: {done.stderr}")
    os.chmod(tokens, 0o644)
    return tokens, done.stdout.strip()


class Deletion:
    """Fills a day before a round, and deletes it in the middle of the round."""

    def __init__(self, redis, token, seconds):
        self.redis, self.token, self.seconds = redis, token, seconds
        self.milliseconds, self.bytes = [], []

    def before(self):
        self.bytes.append(fill_day(self.redis))

    def beside(self, client, case):
        time.sleep(self.seconds / 2)
        url = client.nginx.url(case.pool, f"/direct/items/phonecalls/delete?token={self.token}"
                                          "&from=2012-08-22&to=2012-08-24")
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--max-time", "10", *client.curl_options,
                               "-w", "%{time_total}", url], check=False, capture_output=True, text=True)
        answer, _, seconds = done.stdout.rpartition("\n")
        if f'"count" : {CALLS},' not in answer:
            raise CannotMeasure(f"delete: {done.stdout}{done.stderr}")
        self.milliseconds.append(float(seconds) * 1000)


def bench(place, redis, options):
    """Pool, cases, loads and targets."""
    tokens, token = make_token(place, options.program)
    ours = Callboard(place, redis, options.program, f"{SETTINGS}\n[direct]\ntokens = {tokens}\n")
    dice = random.Random(1)
    gets = [("GET", f"{PATH}/{key}", None) for key in seed_keys()]
    posts = [("POST", PATH, json.dumps({"value": VALUE, "ani": str(dice.randrange(2000000000, 9999999999))}))
             for _ in range(ANIS)]
    # More than can be recorded in one round, so that all of them are new.
    creates = [("GET", a_call(number, token), None) for number in range(25000 * max(options.seconds, options.warmup))]
    deletion = Deletion(redis, token, options.seconds)
    check = partial(check_create, redis)
    cases = [
        Case("get", "cache GET", ours, gets, check_get),
        Case("deleting", "the same, a day deleted", ours, gets, check_get, before=deletion.before,
             beside=deletion.beside),
        Case("post", "cache POST", ours, posts, check_post, after=lambda: forget_posts(redis)),
        Case("create", "create", ours, creates, check, after=lambda: forget_calls(redis)),
        Case("again", "create again", ours, creates[:1000], check),
    ]
    targets = []
    for load, title in (("8", "8 connections"), ("64", "64 connections")):
        targets += [
            Target(load, f"create ÷ cache POST, {title}", lambda rounds: ratio(rounds, "create", "post"), 0.5),
            Target(load, f"errors of create, {title}", lambda rounds: sum(one["errors"] for one in rounds["create"]),
                   0, False, ""),
            Target(load, f"p99 of GETs beside a delete ÷ quiet, {title}",
                   lambda rounds: middle(rounds, "deleting", "p99") / middle(rounds, "get", "p99"), 3, False),
            Target(load, f"longest of GETs beside a delete, {title}",
                   lambda rounds: worst(rounds, "deleting", "max") / 1000, 250, False, " ms")]
    targets += [
        Target("64", "delete of a day with 1,000,000 calls, longest",
               lambda rounds: max(deletion.milliseconds) if "deleting" in rounds else None, 100, False, " ms"),
        Target("64", "memory of a call in Redis, wall and lists included",
               lambda rounds: median(deletion.bytes) if "deleting" in rounds else None, 400, False, " bytes")]

    def prepare():
        fill(redis)
        contacts(redis)

    return Bench("Phone calls", [ours], cases, [Load("8", 8), Load("64", 64)], targets, prepare=prepare, notes=[
        f"The deleted day has {CALLS:,} calls of {CONTACTS:,} contacts, with numbers of 10 digits and urls of "
        f"{URL_LENGTH} characters; it is filled before each round and deleted in the middle of it.",
        "`create` records calls that are all new; `create again` says calls that are recorded already."])

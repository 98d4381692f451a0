"""The bench of the call-data cache: GET and POST /cticache/DNIS-ANI against a no-op and the peers."""
import json
import random
from functools import partial

from machine import CannotMeasure
from rounds import Bench, Case, Load, Target, middle, ratio, worst
from servers import Callboard, Express, FcgxThreads, NginxLua

SUMMARY = "the call-data cache"
PATH = "/cticache/DNIS-ANI"
VALUE = "12345678"
SEEDS = 1000
# The pool gives its 10,000 numbers out in turn. A count of callers that is no near multiple of it keeps a caller
# from meeting the number it still holds on its next turn, which is another case than the one measured.
ANIS = 24571
SETTINGS = """[cticache]
ttl = 300

[cticache.pool.default]
numbers = 5550000000-5550009999
ttl = 60
"""


def seed_keys():
    """Entries to GET, under numbers that are outside of the pool, so that no POST meets them."""
    return [f"555999{i:04}:{4150000000 + i * 7919}" for i in range(SEEDS)]


def fill(redis):
    redis.pipeline([["SET", f"cticache:{key}", json.dumps(VALUE), "EX", "86400"] for key in seed_keys()])


def forget_posts(redis):
    """Removes what POSTs made, so that its expiry does not disturb the rounds of other cases."""
    redis.remove("cticache:5550*")
    redis.pipeline([["UNLINK", "callboard:cticache:live:default"]])


def expect(case, what, seen, wanted):
    if seen != wanted:
        raise CannotMeasure(f"{case.pool.name}: {what}: {seen!r} instead of {wanted!r}")


def check_get(client, case):
    """200 with the value and a weak ETag, 304 to that ETag, 404 and 400 where they belong."""
    path = case.requests[0][1]
    status, headers, body = client.look(case.pool, "GET", path)
    expect(case, f"GET {path}", (status, body), (200, json.dumps({"value": VALUE}, separators=(",", ":"))))
    etag = headers.get("etag", "")
    expect(case, "begin of the ETag", etag[:3], 'W/"')
    again, _, _ = client.look(case.pool, "GET", path, header=f"If-None-Match: {etag}")
    expect(case, "GET with If-None-Match", again, 304)
    expect(case, "GET of an unknown entry", client.look(case.pool, "GET", f"{PATH}/5559999999:1")[0], 404)
    expect(case, "GET of a key without ANI", client.look(case.pool, "GET", f"{PATH}/5559999999")[0], 400)


def check_post(client, case):
    """201 with Location and body, and the entry is then there."""
    body = case.requests[0][2]
    status, headers, text = client.look(case.pool, "POST", PATH, body)
    expect(case, "POST", status, 201)
    answer = json.loads(text)
    expect(case, "value of the POST's answer", answer.get("value"), VALUE)
    where = f"{PATH}/{answer['dnis']}:{answer['ani']}"
    expect(case, "Location", headers.get("location"), where)
    expect(case, "GET after POST", client.look(case.pool, "GET", where)[0], 200)


def check_noop(client, case):
    status, _, _ = client.look(case.pool, "GET", "/bench/noop")
    if status not in (200, 204):
        raise CannotMeasure(f"{case.pool.name}: GET /bench/noop: status {status}")


def largest_worker(rounds):
    """The RSS of our largest worker, in MB; None when no case of ours ran."""
    return max((worst(rounds, key, "rss") for key in ("get", "post", "noop") if key in rounds), default=None)


def bench(place, redis, options):
    """The pools, cases, loads and targets. options.program is our server, options.build a place for objects."""
    ours = Callboard(place, redis, options.program, SETTINGS)
    fcgx = FcgxThreads(place, redis, options.build)
    lua = NginxLua(place, redis, {f"{PATH}/": "cache.lua"})
    express = Express(place, redis)

    dice = random.Random(1)
    gets = [("GET", f"{PATH}/{key}", None) for key in seed_keys()]
    posts = [("POST", PATH, json.dumps({"value": VALUE, "ani": str(dice.randrange(2000000000, 9999999999))}))
             for _ in range(ANIS)]
    get = partial(Case, requests=gets, check=check_get)
    cases = [
        get("get", "ours GET", ours),
        Case("post", "ours POST", ours, posts, check_post, after=lambda: forget_posts(redis)),
        Case("noop", "ours no-op", ours, [("GET", "/bench/noop", None)], check_noop),
        get("fcgx", f"FCGX {fcgx.THREADS} threads", fcgx),
        get("lua", "nginx-lua", lua),
        get("express", "Express", express),
    ]
    loads = [Load("1", 1), Load("64", 64), Load("512", 512, workers=4), Load("new", 64, kept=False)]

    def beats(other, bound, key="get"):
        names = {case.key: case.name for case in cases}
        return Target("64", f"{names[key]} ÷ {names[other]}, 64 connections",
                      lambda rounds: ratio(rounds, key, other), bound)

    targets = [beats("noop", 0.9), beats("lua", 1.0), beats("fcgx", 2.5), beats("express", 5),
               beats("get", 0.8, key="post")]
    for key in ("get", "post"):
        name = f"ours {key.upper()}, 512 connections"
        targets += [
            Target("512", f"{name}: errors", lambda rounds, key=key: sum(one["errors"] for one in rounds[key]),
                   0, False, ""),
            Target("512", f"{name}: p99.9 ÷ median",
                   lambda rounds, key=key: middle(rounds, key, "p999") / middle(rounds, key, "p50"), 4, False),
            Target("512", f"{name}: longest", lambda rounds, key=key: worst(rounds, key, "max") / 1000,
                   250, False, " ms")]
    targets += [Target(load.key, f"RSS of a worker, {load.title}", largest_worker, 10, False, " MB") for load in loads]

    return Bench("Call-data cache", [ours, fcgx, lua, express], cases, loads, targets,
                 prepare=lambda: fill(redis), notes=[
        f"Express: as many processes (node:cluster) as our pool has workers. FCGX: one process, {fcgx.THREADS} threads; "
        f"its connections to nginx are kept only up to {fcgx.THREADS} clients, because a thread stays with a kept one.",
        "The pool of nginx-lua is nginx itself: its CPU and memory are nginx's."])

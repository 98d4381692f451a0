"""The bench of the FreeSWITCH directory: a REGISTER's lookup, as mod_xml_curl sends it, beside a no-op and the peers."""
import os
import xml.etree.ElementTree as ElementTree
from functools import partial

from cache import SETTINGS, check_noop, expect, json
from rounds import Bench, Case, Load, Target, middle, ratio
from servers import HERE, Callboard, Express, FcgxThreads, NginxLua

SUMMARY = "the FreeSWITCH directory"
PATH = "/directory"
DOMAIN = "pbx.example.com"
EXTENSIONS = 1000
DOMAINS, LARGE = 100, 10000  # a million extensions
CHUNK = 2000


def record(number):
    """An extension whose document has some 2 KB."""
    variables = {f"variable_{i:02}": f"value {i} of extension {number}" for i in range(18)}
    return json.dumps({"param": {"password": f"secret-{number}", "vm-password": str(number)},
                       "variable": {"user_context": "default", "accountcode": str(number), **variables},
                       "attribute": {"mailbox": str(number)}})


def fill(redis, domains):
    """1,000 extensions of one domain, and if asked 10,000 each of a hundred others."""
    redis.pipeline([["HSET", f"cti_exten@{DOMAIN}", str(1000 + i), record(1000 + i)] for i in range(EXTENSIONS)])
    for domain in range(domains):
        key = f"cti_exten@d{domain:02}.example.com"
        for first in range(0, LARGE, CHUNK):
            words = ["HSET", key]
            for i in range(first, first + CHUNK):
                words += [str(10000 + i), record(10000 + i)]
            redis.pipeline([words])


def body_of():
    """The body of a captured REGISTER's lookup, for another user and domain."""
    path = os.path.join(HERE, "../tests/fixtures/freeswitch/xml_curl/register-sip_auth.request")
    with open(path, encoding="ascii", newline="") as file:
        captured = file.read().partition("\r\n\r\n")[2]
    return lambda user, domain: (captured.replace("user=1000", f"user={user}").replace("username=1000", f"username={user}")
                                 .replace(DOMAIN, domain))


def check(client, case):
    """The user's document, with every variable of the record; "not found" for another one."""
    body = case.requests[0][2]
    status, headers, text = client.look(case.pool, "POST", PATH, body)
    expect(case, "lookup", (status, headers.get("content-type")), (200, "text/xml; charset=utf-8"))
    user = next(ElementTree.fromstring(text).iter("user"))
    stored = json.loads(record(int(user.get("id"))))
    got = {each.get("name"): each.get("value") for each in user.find("variables")}
    expect(case, "variables", got, stored["variable"])
    expect(case, "password", user.find("params/param[@name='password']").get("value"), stored["param"]["password"])
    expect(case, "about 2 KB", 1500 < len(text) < 3000, True)
    status, _, text = client.look(case.pool, "POST", PATH, body_of()("nobody", DOMAIN))
    expect(case, "lookup of nobody", (status, "not found" in text), (200, True))


def bench(place, redis, options):
    """Pools, cases, loads and targets."""
    ours = Callboard(place, redis, options.program, SETTINGS)
    fcgx = FcgxThreads(place, redis, options.build)
    lua = NginxLua(place, redis, {PATH: "directory.lua"})
    express = Express(place, redis)
    made = body_of()
    lookups = [("POST", PATH, made(1000 + i, DOMAIN)) for i in range(EXTENSIONS)]
    many = [("POST", PATH, made(10000 + i * 7919 % LARGE, f"d{i % DOMAINS:02}.example.com")) for i in range(4000)]
    one = partial(Case, requests=lookups, check=check)
    wanted = (options.cases or "million").split(",")
    domains = DOMAINS if "million" in wanted and not options.quick else 0
    cases = [
        one("get", "ours, 1,000 extensions", ours),
        Case("noop", "ours no-op", ours, [("GET", "/bench/noop", None)], check_noop),
        one("fcgx", f"FCGX {fcgx.THREADS} threads", fcgx),
        one("lua", "nginx-lua", lua),
        one("express", "Express", express),
    ]
    if domains:
        cases.insert(1, Case("million", "ours, 1,000,000 extensions", ours, many, check))
    loads = [Load("64", 64), Load("freeswitch", 1, kept=False)]

    def beats(other, bound, key="get"):
        names = {case.key: case.name for case in cases}
        return Target("64", f"{names[key]} ÷ {names[other]}, 64 connections",
                      lambda rounds: ratio(rounds, key, other) if key in rounds and other in rounds else None, bound)

    def beside_lua(percentile):
        return Target("freeswitch", f"{percentile} of ours ÷ nginx-lua, as FreeSWITCH asks",
                      lambda rounds: middle(rounds, "get", percentile) / middle(rounds, "lua", percentile)
                      if "get" in rounds and "lua" in rounds else None, 1.0, False)

    targets = [beats("lua", 1.2), beats("noop", 0.8), beats("fcgx", 2.5), beats("express", 5)]
    if domains:
        targets.append(beats("get", 0.95, key="million"))
    targets += [beside_lua("p50"), beside_lua("p99")]
    if not options.tls:
        targets.append(Target("freeswitch", "p99 of ours, as FreeSWITCH asks",
                              lambda rounds: middle(rounds, "get", "p99") / 1000 if "get" in rounds else None,
                              1, False, " ms"))
    return Bench("The FreeSWITCH directory", [ours, fcgx, lua, express], cases, loads, targets,
                 prepare=lambda: fill(redis, domains), notes=[
        "A lookup is the captured body of a REGISTER, 44 fields and 1.2 KB; the answer has some 2 KB. Ours asks Redis "
        "for the domain's defaults too, encodes for FreeSWITCH's preprocessor, and keeps a copy of each answer.",
        "FreeSWITCH asks as one client with a new connection for each lookup; with --tls each has a handshake."])

"""The bench of credentials: the cache's GET over TLS, with a password that nobody, nginx, the pool or PAM checks."""
import glob
import os
import shutil
import subprocess

import machine
from cache import PATH, SETTINGS, check_get, expect, fill, seed_keys
from machine import CannotMeasure
from rounds import Bench, Case, Load, Target, ratio
from servers import PASSWORD, USER, Callboard, base64

SUMMARY = "credentials"
COST = 5
BCRYPT = "htpasswd.bcrypt"
WRONG = base64.b64encode(f"{USER}:not {PASSWORD}".encode()).decode()
HANDED_ON = {"HTTP_AUTHORIZATION": "$http_authorization if_not_empty", "REMOTE_USER": '""'}


class NginxChecks(Callboard):
    """nginx checks by itself, with a file of its own kind; without a file nobody checks, and the user is a fixed one."""

    def __init__(self, place, redis, program, key, name, htpasswd):
        super().__init__(place, redis, program, SETTINGS, key)
        self.name, self.htpasswd = name, htpasswd

    def server(self, nginx):
        location = nginx.fastcgi(self.key, REMOTE_USER="$remote_user" if self.htpasswd else USER)
        return nginx.block(self.port, location, nginx.upstream(self.key, self.socket), self.htpasswd)


class PoolChecks(Callboard):
    """The pool checks, as it answers the request: nginx/callboard-auth-pool.conf.in."""

    def __init__(self, place, redis, program, key, name, settings):
        super().__init__(place, redis, program, settings, key)
        self.name = name

    def server(self, nginx):
        return nginx.block(self.port, self.locations(nginx), nginx.upstream(self.key, self.socket), None)

    def locations(self, nginx):
        return nginx.fastcgi(self.key, **HANDED_ON)


class NginxAsks(PoolChecks):
    """nginx asks the pool before each request: nginx/callboard-auth.conf.in and callboard-auth-request.conf.in."""

    def locations(self, nginx):
        asks = ["auth_request /auth", "auth_request_set $callboard_user $upstream_http_x_remote_user"]
        return (nginx.fastcgi(self.key, where="= /auth", lines=["internal", "fastcgi_pass_request_body off"], **HANDED_ON)
                + nginx.fastcgi(self.key, lines=asks, REMOTE_USER="$callboard_user"))


class NginxAsksPam(NginxAsks):
    """The same, and the pool asks PAM: a service and a module of libpam-wrapper, so that nothing goes to /etc."""

    def command(self):
        modules = glob.glob("/usr/lib/*/pam_wrapper/pam_matrix.so")
        if not modules:
            raise CannotMeasure("there is no pam_matrix.so; Debian has it in libpam-wrapper")
        accounts = self.place.file("accounts", f"{USER}:{PASSWORD}:callboard\n")
        services = self.place.file("services")
        os.makedirs(services, exist_ok=True)
        self.place.file("services/callboard",
                        f"auth required {modules[0]} passdb={accounts}\naccount required pam_permit.so\n")
        return ["env", "LD_PRELOAD=libpam_wrapper.so", "PAM_WRAPPER=1", f"PAM_WRAPPER_SERVICE_DIR={services}",
                self.program]

    def stop(self):
        """The wrapper's directories in /tmp stay when a process ends by _exit or a signal; each names its process."""
        family = machine.tree(self.pid)
        super().stop()
        for owner in glob.glob("/tmp/pam.?/pid"):
            with open(owner, encoding="ascii", errors="replace") as file:
                pid = file.read().strip()
            if pid.isdigit() and int(pid) in family:
                shutil.rmtree(os.path.dirname(owner), ignore_errors=True)


def bcrypt_line():
    """The user's line as Apache's htpasswd writes it. The password goes through stdin, not the command line."""
    done = subprocess.run(["htpasswd", "-niB", "-C", str(COST), USER], input=PASSWORD, check=False,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotMeasure(f"htpasswd made no line:\n{done.stderr}")
    return done.stdout.strip() + "\n"


def check_open(client, case):
    """The answers of a GET, with no credentials too: what is checked in the other cases is not checked here."""
    check_get(client, case)
    path = case.requests[0][1]
    expect(case, "no credentials", client.look(case.pool, "GET", path, header="Authorization:")[0], 200)


def check_guarded(client, case):
    """The answers of a GET with the right password, 401 without credentials and with a wrong password."""
    check_get(client, case)
    path = case.requests[0][1]
    for what, header in (("no credentials", "Authorization:"), ("a wrong password", f"Authorization: Basic {WRONG}")):
        expect(case, what, client.look(case.pool, "GET", path, header=header)[0], 401)


def bench(place, redis, options):
    """The pools, cases, load and targets."""
    options.tls = options.auth = True  # the bench is about these; each server then says who checks
    known = f"{SETTINGS}\n[credentials]\nhtpasswd = {place.file(BCRYPT, bcrypt_line())}\n"
    gets = [("GET", f"{PATH}/{key}", None) for key in seed_keys()]

    def case(kind, key, name, what, check=check_guarded):
        return Case(key, name, kind(place, redis, options.program, key, name, what), gets, check)

    cases = [
        case(NginxChecks, "open", "no auth", None, check_open),
        case(NginxChecks, "ssha", "nginx auth_basic, {SSHA}", "htpasswd"),
        case(NginxChecks, "bcrypt", "nginx auth_basic, bcrypt", BCRYPT),
        case(NginxAsks, "request", "auth_request, bcrypt", f"{known}\n[auth]\nauth = htpasswd\n"),
        case(PoolChecks, "pool", "the pool, bcrypt", known.replace("[cticache]", "[cticache]\nauth = htpasswd")),
        case(NginxAsksPam, "pam", "auth_request, PAM", f"{SETTINGS}\n[auth]\nauth = pam\n"),
    ]
    names = {case.key: case.name for case in cases}
    targets = [Target("64", f"{names[key]} ÷ {names[other]}",
                      lambda rounds, key=key, other=other: ratio(rounds, key, other), bound)
               for key, other, bound in (("pool", "bcrypt", 30), ("pool", "open", 0.8), ("pam", "open", 0.3))]
    return Bench("Credentials", [case.pool for case in cases], cases, [Load("64", 64)], targets,
                 prepare=lambda: fill(redis), notes=[
        f"Every case over TLS, with the same name and password in each request; bcrypt has cost {COST}.",
        "The pool remembers for 60 s that a password was right; nginx' auth_basic works it out for each request.",
        "auth_request: two requests of nginx to the pool for each of a client, the question on a new connection: nginx "
        "closes it once it has the headers of the answer."])

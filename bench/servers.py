"""The servers, as pieces that any bench puts together: Redis, nginx, our pool and its peers.

A pool has  name        what the table calls it
            start(n)    starts it with n workers
            stop()
            pid         the process whose family is "the pool" when CPU and memory are counted
            server(…)   its server block for nginx, which listens on the pool's own port
All of them answer the same paths, each on its own port of the same nginx.
"""
import base64
import hashlib
import os
import socket
import subprocess

from machine import UNPRIVILEGED, CannotMeasure, answers, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
USER, PASSWORD = "bench", "bench-only"


class Redis:
    """A private Redis on a unix socket, nothing on disk unless asked."""

    def __init__(self, place, append_only):
        self.place = place
        self.socket = place.file("redis.sock")
        self.append_only = append_only
        self.process = None

    def start(self):
        self.process = self.place.start("redis", [
            "redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "777",
            "--save", "", "--appendonly", "yes" if self.append_only else "no", "--maxclients", "4000",
            "--dir", self.place.path], lambda: answers(self.socket))

    @property
    def pid(self):
        return self.process.pid

    def pipeline(self, commands):
        """Sends all commands (lists of strings), returns all replies."""
        with socket.socket(socket.AF_UNIX) as link, link.makefile("rb") as reader:
            link.settimeout(30)
            link.connect(self.socket)
            replies = []
            for begin in range(0, len(commands), 500):
                chunk = commands[begin:begin + 500]
                link.sendall(b"".join(map(encode, chunk)))
                replies += [self.reply(reader) for _ in chunk]
            return replies

    def remove(self, pattern):
        """Removes every key that matches, a thousand at a time, so that expiry disturbs no later round."""
        cursor = "0"
        while True:
            (cursor, keys), = self.pipeline([["SCAN", cursor, "MATCH", pattern, "COUNT", "2000"]])
            if keys:
                self.pipeline([["UNLINK", *keys]])
            if cursor == "0":
                return

    def reply(self, reader):
        line = reader.readline()[:-2].decode()
        kind, rest = line[:1], line[1:]
        if kind == "-" or not line:
            raise CannotMeasure(f"Redis: {rest or 'connection lost'}")
        if kind == "*":
            return [self.reply(reader) for _ in range(int(rest))]
        if kind == "$":
            return None if rest == "-1" else reader.read(int(rest) + 2)[:-2].decode()
        return rest


def encode(words):
    """One command as Redis' protocol has it."""
    parts = [f"*{len(words)}\r\n".encode()]
    for word in words:
        raw = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)


class Pool:
    """What the pools with processes of their own have in common."""

    def __init__(self, place, redis, key):
        self.place, self.redis = place, redis
        self.socket = place.file(f"{key}.sock")
        self.port = free_port()
        self.process = None

    def stop(self):
        self.place.stop(self.process)
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    @property
    def pid(self):
        return self.process.pid


class Callboard(Pool):
    """Our pool. settings: the lines of the configuration that a bench adds. key: for a bench with several of them."""

    name = "callboard"

    def __init__(self, place, redis, program, settings, key="callboard"):
        super().__init__(place, redis, key)
        self.program, self.settings, self.key = program, settings, key

    def start(self, workers):
        # The server decides by itself whom it becomes; root is named only where there is root to give up.
        drop = "".join(f"{what} = {UNPRIVILEGED}\n" for what in ("user", "group", "socket_group")
                       if os.geteuid() == 0)
        config = self.place.file(f"{self.key}.conf", (
            f"[callboard]\nlisten = unix:{self.socket}\nworkers = {workers}\n{drop}"
            f"log = {self.place.file(f'{self.key}-own.log')}\nlog_level = warning\n\n"
            f"[redis]\naddress = unix:{self.redis.socket}\n\n"
            f"[bench]\nnoop = yes\n\n{self.settings}"))
        self.process = self.place.start(
            self.key, [*self.command(), "--config", config], lambda: answers(self.socket), keep_root=True)

    def command(self):
        return [self.program]

    def server(self, nginx):
        return nginx.block(self.port, nginx.fastcgi(self.key), nginx.upstream(self.key, self.socket))


class FcgxThreads(Pool):
    """libfcgi's own loop: threads, each with one blocking Redis connection.

    A thread stays with a kept connection until it closes, so with more kept connections than threads
    the rest waits for ever. Therefore connections to it are kept only when the clients are fewer.
    """

    name = "FCGX threads"
    THREADS = 4

    def __init__(self, place, redis, build):
        super().__init__(place, redis, "fcgx")
        source = os.path.join(HERE, "peers", "fcgx_threads.c")
        built = os.path.join(build, "fcgx_threads")
        command = ["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O2", "-Wall", "-Wextra", source,
                   "-o", built, "-lfcgi", "-lhiredis", "-ljansson", "-lpthread"]
        if subprocess.run(command, check=False).returncode != 0:
            raise CannotMeasure("peers/fcgx_threads.c does not build")
        self.program = place.copy(built, "fcgx_threads")

    def start(self, _workers):
        self.process = self.place.start(
            "fcgx", [self.program, self.socket, self.redis.socket, str(self.THREADS)],
            lambda: answers(self.socket))

    def server(self, nginx):
        keep = nginx.connections <= self.THREADS
        return nginx.block(self.port, nginx.fastcgi("fcgx", keep), nginx.upstream("fcgx", self.socket, keep))


class NginxLua:
    """Lua inside nginx, with Redis sockets that nginx keeps. Its pool is nginx itself."""

    name = "nginx-lua"

    def __init__(self, place, redis, scripts):
        """scripts: path prefix -> a file of peers/lua."""
        self.redis = redis
        self.folder = place.copy(os.path.join(HERE, "peers", "lua"), "lua")
        self.scripts = scripts
        self.port = free_port()
        self.nginx = None

    def start(self, _workers):
        pass

    def stop(self):
        pass

    @property
    def pid(self):
        return self.nginx.pid

    def server(self, nginx):
        self.nginx = nginx
        return nginx.block(self.port, "".join(
            f"        location {prefix} {{\n            set $redis unix:{self.redis.socket};\n"
            f"            content_by_lua_file {self.folder}/{script};\n        }}\n"
            for prefix, script in self.scripts.items()))


class Express(Pool):
    """Node.js Express with the redis package, as many processes as our pool has workers."""

    name = "Express"

    def __init__(self, place, redis):
        super().__init__(place, redis, "express")
        self.folder = place.copy(os.path.join(HERE, "express"), "express")

    def start(self, workers):
        self.process = self.place.start(
            "express", ["env", "NODE_ENV=production", "node", f"{self.folder}/server.js", self.socket,
                        self.redis.socket, str(workers)], lambda: "all listen" in self.place.log("express"))

    def server(self, nginx):
        return nginx.block(self.port, (
            "        location / {\n            proxy_pass http://express;\n            proxy_http_version 1.1;\n"
            '            proxy_set_header Connection "";\n        }\n'), nginx.upstream("express", self.socket))


class Nginx:
    """The one nginx in front of all pools: one configuration, one server block a pool."""

    def __init__(self, place, workers, tls, auth):
        self.place, self.workers, self.tls, self.auth = place, workers, tls, auth
        self.connections = 0
        self.process = None
        if tls:
            self.certificate()
        if auth:
            salt = os.urandom(8)
            digest = hashlib.sha1(PASSWORD.encode() + salt).digest() + salt
            place.file("htpasswd", f"{USER}:{{SSHA}}{base64.b64encode(digest).decode()}\n")

    def certificate(self):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                   "-keyout", self.place.file("key.pem"), "-out", self.place.file("cert.pem")]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotMeasure(f"openssl made no certificate:\n{done.stderr}")

    def upstream(self, name, path, keep=True):
        """Where a pool listens, with kept connections unless told otherwise."""
        kept = "        keepalive 1024;\n        keepalive_requests 1000000000;\n" if keep else ""
        return f"    upstream {name} {{\n        server unix:{path};\n{kept}    }}\n"

    def fastcgi(self, upstream, keep=True, where="/", lines=(), **changed):
        """The location of a FastCGI pool, with the parameters that our site's template passes.

        Our pool insists on a user that the web server has checked, hence REMOTE_USER. lines: directives that
        come first; changed: parameters with another value.
        """
        parameters = {
            "REQUEST_METHOD": "$request_method", "REQUEST_URI": "$request_uri", "DOCUMENT_URI": "$document_uri",
            "QUERY_STRING": "$query_string", "CONTENT_TYPE": "$content_type", "CONTENT_LENGTH": "$content_length",
            "SERVER_PROTOCOL": "$server_protocol", "REMOTE_ADDR": "$remote_addr", "REQUEST_ID": "$request_id",
            "HTTPS": "$https if_not_empty", "HTTP_AUTHORIZATION": '"" if_not_empty',
            "REMOTE_USER": "$remote_user" if self.auth else USER, **changed}
        return (f"        location {where} {{\n" + "".join(f"            {line};\n" for line in lines)
                + f"            fastcgi_pass {upstream};\n"
                + "".join(f"            fastcgi_param {name} {value};\n" for name, value in parameters.items())
                + f"            fastcgi_keep_conn {'on' if keep else 'off'};\n        }}\n")

    def block(self, port, locations, upstream="", htpasswd="htpasswd"):
        """A server on its own port with its locations, and the upstream that they name.

        htpasswd: what --auth checks with; None for a server that checks nothing.
        """
        auth = (f"        auth_basic bench;\n        auth_basic_user_file {self.place.file(htpasswd)};\n"
                if self.auth and htpasswd else "")
        return (f"{upstream}    server {{\n"
                f"        listen 127.0.0.1:{port}{' ssl' if self.tls else ''} backlog=4096 reuseport;\n"
                f"{auth}{locations}    }}\n")

    def start(self, pools, connections):
        """Starts nginx in front of the pools, for that many client connections."""
        self.connections = connections
        path = self.place.path
        modules = "/usr/lib/nginx/modules"
        user = f"user {UNPRIVILEGED};\n" if os.geteuid() == 0 else ""
        tls = (f"    ssl_certificate {path}/cert.pem;\n    ssl_certificate_key {path}/key.pem;\n"
               "    ssl_protocols TLSv1.2 TLSv1.3;\n") if self.tls else ""
        temp = "".join(f"    {kind}_temp_path {path}/nginx-{kind};\n"
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.place.file("nginx.conf", (
            f"load_module {modules}/ndk_http_module.so;\nload_module {modules}/ngx_http_lua_module.so;\n"
            f"{user}daemon off;\npid {path}/nginx.pid;\nerror_log {path}/nginx-error.log error;\n"
            f"worker_processes {self.workers};\nworker_rlimit_nofile 16384;\n"
            f"events {{ worker_connections 8000; }}\n"
            f"http {{\n    access_log off;\n    server_tokens off;\n    keepalive_requests 1000000000;\n"
            f'    lua_package_path "{path}/lua/?.lua;;";\n{tls}{temp}'
            f"{''.join(pool.server(self) for pool in pools)}}}\n"))
        # The error log is opened before the configuration names one, hence -e.
        self.process = self.place.start(
            "nginx", ["nginx", "-p", path, "-e", f"{path}/nginx-error.log", "-c", config],
            lambda: all(answers(pool.port) for pool in pools), keep_root=True)

    def stop(self):
        self.place.stop(self.process)

    @property
    def pid(self):
        return self.process.pid

    def url(self, pool, path):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{pool.port}{path}"

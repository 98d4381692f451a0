#!/usr/bin/env python3
"""directory.py - asks the directory as FreeSWITCH does, and reads the answers as FreeSWITCH does.

usage: directory.py replay           sends every request of tests/fixtures/freeswitch/xml_curl and checks the answers
       directory.py hostile          stores hostile names and values, and checks that they come out as they went in
       directory.py load SECONDS     100 lookups a second of 1000-1009, each over a new connection

Where the server is comes from CALLBOARD_HTTP_URL, CALLBOARD_FREESWITCH_PASSWORD and CALLBOARD_REDIS. Prints a line for
each thing that is wrong, and at last how many answers there were.
"""
import base64
import glob
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
URL = urllib.parse.urlsplit(os.environ["CALLBOARD_HTTP_URL"])
CREDENTIAL = base64.b64encode(f"freeswitch:{os.environ['CALLBOARD_FREESWITCH_PASSWORD']}".encode()).decode()
DOMAIN = "pbx.example.com"
SECONDS_MOST = 2  # the timeout of the binding that the manual gives

# What each captured request must be answered with: the id of a user, one of the words below, or None (not found).
# In Redis are 1000-1009 (1003 with the alias 2003), "Zoë", "a+b c&d=e", and the group techsupport of 1000 and 1001.
EXPECTED = {
    "config-*": None,
    "dialplan-invite": None,
    "dialplan-user_data": "1001",
    "domain_data": "domain",
    "domain_exists": "domain",
    "domain_exists-other-domain": None,
    "event_socket_auth": None,
    "find_user_xml": "1000",
    "group_call-1-group": "group",
    "group_call-2-pointer-1000": "1000",
    "group_call-3-pointer-1001": "1001",
    "invite-sip_auth": "1000",
    "invite-user_call": "1001",
    "odd-domain-ampersand": None,
    "odd-user-plus-percent-amp": "a+b c&d=e",
    "odd-user-utf8": "Zoë",
    "originate-user_call": "1001",
    "originate-user_call-no-channel-vars": "1000",
    "register-message-count": "1000",
    "register-sip_auth": "1000",
    "register-sip_auth-alias-user": "1003",
    "register-sip_auth-unknown-user": None,
    "register-sip_auth-wrong-password": "1002",
    "register-sip_auth-x-headers": "1002",
    "reloadacl-network-list": "networks",
    "rescan-gateways-*": None,
    "reverse-auth-lookup": None,
    "startup-gateways-*": None,
    "startup-network-list": "networks",
    "subscribe-*": "1000",
    "unregister-sip_auth": "1000",
    "user_call-channel-variables": "1001",
    "user_call-variables-override-action": "1001",
    "user_data-param": "1000",
    "user_data-unknown-*": None,
    "user_exists-id": "1000",
    "user_exists-id-is-alias": "1003",
    "user_exists-number-alias": "1003",
    "user_exists-unknown": None,
    "variant-digest-probe": None,
    "variant-digest-server-open-probe": None,
    "variant-*": "1000",
    "vm_boxcount": "1000",
    "voicemail-lookup": "1001",
    "voicemail-publish-vm": "1000",
    "xml_locate-domain": "domain",
    "xml_locate-root": None,
    "xml_locate-spaces-in-key_value": None,
}


def expected_of(name):
    if name in EXPECTED:
        return EXPECTED[name]
    return next(value for pattern, value in EXPECTED.items()
                if pattern.endswith("*") and name.startswith(pattern[:-1]))


def read_document(body):
    """The document's directory section, or None for "not found". Raises when FreeSWITCH would not read it as meant."""
    text = body.decode("utf-8")
    for line in text.split("\n"):
        lower = line.lower()
        for dropped in ("x-pre-process", "<?", "<!--", "<include>", "</include>", "$${"):
            if dropped in lower:
                raise ValueError(f"FreeSWITCH's preprocessor would not leave this line alone: {line[:100]}")
        if line.count("<") > 1:
            raise ValueError(f"more than one element in a line: {line[:100]}")
    if len(body) >= 1 << 20:
        raise ValueError("FreeSWITCH reads no more than 1 MiB")
    document = ElementTree.fromstring(text)
    if document.tag != "document" or document.get("type") != "freeswitch/xml":
        raise ValueError("no <document type=\"freeswitch/xml\">")
    section, = document
    if section.get("name") == "result":
        if section.find("result").get("status") != "not found":
            raise ValueError("a result that is not \"not found\"")
        return None
    if section.get("name") != "directory":
        raise ValueError("a section that is not the directory")
    return section


def judge(section, expected):
    """What is wrong with the answer, or None."""
    if section is None or expected is None:
        return None if section is None and expected is None else f"found: {section is not None}"
    domain, = section
    users = list(domain.iter("user"))
    if domain.get("name") != DOMAIN:
        return f"domain {domain.get('name')}"
    if domain.find("params/param[@name='dial-string']") is None:
        return "no dial-string"
    if expected == "domain":
        return f"{len(users)} users" if users else None
    if expected == "group":
        pointers = [(user.get("id"), user.get("type")) for user in domain.find("groups/group/users")]
        return None if pointers == [("1000", "pointer"), ("1001", "pointer")] else f"members {pointers}"
    if expected == "networks":
        networks = [dict(user.attrib) for user in users]
        return None if networks == [{"id": "1005", "cidr": "192.0.2.5/32"}] else f"networks {networks}"
    if len(users) != 1 or users[0].get("id") != expected or "ip" in users[0].attrib:
        return f"users {[user.attrib for user in users]}"
    if users[0].find("params") is None or users[0].find("params/param[@name='password']") is None:
        return "no password in its <params>"
    return None


def send(raw):
    """Sends RAW over a connection of its own, as mod_xml_curl does; gives status and body."""
    with socket.create_connection((URL.hostname, URL.port), timeout=SECONDS_MOST) as connection:
        connection.sendall(raw)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read()


def as_ours(raw):
    """A captured request with our credentials, our path, and the end of the connection announced."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"authorization:")]
    method, target, version = lines[0].split(b" ", 2) if lines[0].count(b" ") == 2 else split_odd(lines[0])
    query = target.partition(b"?")[2]
    lines[0] = b" ".join([method, b"/directory" + (b"?" + query if query else b""), version])
    lines += [b"Authorization: Basic " + CREDENTIAL.encode(), b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def split_odd(line):
    method, rest = line.split(b" ", 1)
    target, version = rest.rsplit(b" ", 1)
    return method, target, version


def redis(*words):
    command = b"".join([b"*%d\r\n" % len(words)] +
                       [b"$%d\r\n%s\r\n" % (len(word), word) for word in
                        (word if isinstance(word, bytes) else word.encode() for word in words)])
    done = subprocess.run(["redis-cli", "-s", os.environ["CALLBOARD_REDIS"], "--pipe"], input=command,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stdout.decode() + done.stderr.decode())


def replay():
    for number in range(1000, 1010):
        record = {"param": {"password": "1234"}, "variable": {"user_context": "default"}}
        if number == 1003:
            record["attribute"] = {"number-alias": "2003"}
        if number == 1005:
            record["attribute"] = {"cidr": "192.0.2.5"}
        redis("HSET", f"cti_exten@{DOMAIN}", str(number), json.dumps(record))
    for name in ("Zoë", "a+b c&d=e"):
        redis("HSET", f"cti_exten@{DOMAIN}", name, '{"param":{"password":"1"}}')
    redis("HSET", f"cti_group@{DOMAIN}", "techsupport", '{"members":["1000","1001"]}')
    count = 0
    for path in sorted(glob.glob(f"{HERE}/fixtures/freeswitch/xml_curl/*.request")):
        name = os.path.basename(path)[:-len(".request")]
        with open(path, "rb") as file:
            status, body = send(as_ours(file.read()))
        count += 1
        try:
            wrong = judge(read_document(body), expected_of(name)) if status == 200 else f"status {status}"
        except (ValueError, ElementTree.ParseError) as error:
            wrong = str(error)
        if wrong:
            print(f"{name}: {wrong}")
    print(f"{count} answers")


def look_up(user, domain):
    form = urllib.parse.urlencode({"section": "directory", "tag_name": "domain", "key_name": "name",
                                   "key_value": domain, "action": "sip_auth", "key": "id", "user": user,
                                   "domain": domain}).encode()
    return send(b"POST /directory HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                b"Authorization: Basic %s\r\nContent-Length: %d\r\n\r\n%s" % (CREDENTIAL.encode(), len(form), form))


def hostile():
    """Names and values as other tools may write them. XML cannot carry all of them: what it can must arrive."""
    texts = ['"', "'", "<", "&", "]]>", "<![CDATA[", "-->", "<?xml?>", "<!--#exec cmd=\"reboot\"-->", "$${domain}",
             "${domain}", "x-pre-process", "<X-PRE-PROCESS cmd=\"exec\" data=\"reboot\"/>", "<include>", "</include>",
             "a\nb", "a\r\nb", "a\tb", " a ", "😀", "שלום", "\u202eabc", "a" * 65536, "<" * 10000, "%00", "&#0;", "../..", "*"]
    count = 0
    for text in texts:
        redis("HSET", "cti_exten@hostile.test", "user",
              json.dumps({"param": {"password": text}, "variable": {text: text}, "attribute": {text: text}}))
        status, body = look_up("user", "hostile.test")
        count += 1
        user = next(read_document(body).iter("user"))
        value = user.find("params/param[@name='password']").get("value")
        variable = [(v.get("name"), v.get("value")) for v in user.find("variables")]
        if status != 200 or value != text or variable != [(text, text)]:
            print(f"{text[:40]!r}: {status} {value[:40]!r} {variable!r:.80}")
    for name in texts + ["a\0b", "\x01"]:
        redis("HSET", "cti_exten@hostile.test", name, '{"param":{"password":"1"}}')
        status, body = look_up(name, "hostile.test")
        section = read_document(body)
        count += 1
        can_be = 0 < len(name.encode()) <= 255 and not set(name) & set("\0\x01\r\n")
        if status != 200 or (section is not None) != can_be:
            print(f"the name {name[:40]!r}: {status}, found: {section is not None}")
        elif can_be and next(section.iter("user")).get("id") != name:
            print(f"the name {name[:40]!r} became another one")
    for broken in (b"\xff\xfe", b'{"param":{"password":"\xff"}}', b"\0", b"", b"{", b"null", b'{"param":1}'):
        redis("HSET", "cti_exten@hostile.test", "user", broken)
        status, body = look_up("user", "hostile.test")
        count += 1
        if status != 200 or read_document(body) is not None:
            print(f"the record {broken!r} is not \"not found\": {status}")
    print(f"{count} answers")


def load(seconds):
    answers, wrong, lock = [0], [], threading.Lock()

    def one(number):
        try:
            began = time.monotonic()
            status, body = look_up(str(1000 + number % 10), DOMAIN)
            took = time.monotonic() - began
            problem = f"status {status}" if status != 200 else judge(read_document(body), str(1000 + number % 10))
            if not problem and took > SECONDS_MOST:
                problem = "too late for FreeSWITCH's timeout"
        except (OSError, ValueError) as error:
            problem = repr(error)
        with lock:
            answers[0] += 1
            if problem:
                wrong.append(problem)

    threads = []
    began = time.monotonic()
    for number in range(int(100 * seconds)):
        time.sleep(max(0.0, began + number / 100 - time.monotonic()))
        threads.append(threading.Thread(target=one, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for problem in sorted(set(wrong)):
        print(f"{wrong.count(problem)} times: {problem}")
    print(f"{answers[0]} answers")


if __name__ == "__main__":
    {"replay": replay, "hostile": hostile}[sys.argv[1]]() if sys.argv[1] != "load" else load(float(sys.argv[2]))

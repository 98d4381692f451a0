#!/usr/bin/env python3
"""openapi.py DOCUMENT routes <LIST             LIST, of the programs' --routes, is what DOCUMENT describes
openapi.py DOCUMENT schema NAME <LINES         each of LINES, which are JSON, is what DOCUMENT's schema NAME says
openapi.py DOCUMENT answer METHOD PATH STATUS CONTENT-TYPE <BODY   the answer is one that DOCUMENT describes

Says what is wrong; status 1 then.
"""
import json
import re
import sys

import jsonschema
import yaml

METHODS = ("get", "post", "put", "patch", "delete", "options")


def resolved(document, part):
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def check_routes(document, lines):
    """Captures may have other names: nginx' /a/{b} is /a/{c} of the document."""
    plain = lambda path: re.sub(r"{[^}]*}", "{}", path)
    served = set()
    for method, path in (line.split() for line in lines):
        served |= {(m, plain(path)) for m in (METHODS if method == "*" else [method.lower()])}
    described = {(m, plain(path)) for path, item in document["paths"].items() for m in METHODS if m in item}
    wrong = [f"not described: {m.upper()} {path}" for m, path in sorted(served - described)]
    wrong += [f"there is no {m.upper()} {path}" for m, path in sorted(described - served)]
    return wrong or ([] if served else ["no routes"])


def operation_of(document, method, path):
    """The one whose path has the fewest captures."""
    fitting = [
        (pattern.count("{"), item[method])
        for pattern, item in document["paths"].items()
        if method in item and re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", pattern), path)
    ]
    return min(fitting, key=lambda each: each[0])[1] if fitting else None


def errors_in(document, schema, text):
    validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(text))]


def check_lines(document, name, lines):
    schema, wrong, count = {"$ref": f"#/components/schemas/{name}"}, [], 0
    for count, line in enumerate(lines, 1):
        wrong += [f"{error}: {line[:200]}" for error in errors_in(document, schema, line)]
    return wrong or ([] if count else ["no lines"])


def check_answer(document, method, path, status, content_type, body):
    operation = operation_of(document, method.lower(), path.split("?")[0])
    if operation is None:
        return [f"{method} {path} is not described"]
    response = operation["responses"].get(status)
    if response is None and int(status) >= 400:
        response = operation["responses"].get("default")
    if response is None:
        return [f"{method} {path}: {status} is not described"]
    content = resolved(document, response).get("content", {})
    kind = content_type.split(";")[0].strip()
    if not content:
        return [f"{method} {path}: a body, and none is described"] if body else []
    if kind not in content:
        return [f"{method} {path}: {kind!r}, and described are {', '.join(content)}"]
    if kind != "application/json":
        return []
    return [f"{method} {path}: {error}" for error in errors_in(document, content[kind]["schema"], body)]


def main(path, action, *arguments):
    with open(path) as file:
        document = yaml.safe_load(file)
    if action == "routes":
        wrong = check_routes(document, sys.stdin)
    elif action == "schema":
        wrong = check_lines(document, *arguments, sys.stdin)
    else:
        wrong = check_answer(document, *arguments, sys.stdin.read())
    print("\n".join(wrong))
    return bool(wrong)


sys.exit(main(*sys.argv[1:]))

"""The API as one OpenAPI 3.1 document, made from the table of routes and the structs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from stream.desk.web.api.examples import TAKEN
from stream.desk.web.api.structs import Fault
from stream.desk.web.csrf import HEADER
from stream.desk.web.needs import Target
from stream.desk.web.route import Route
from stream.desk.web.sessions import HOST, PLAIN

VERSION = "1.0.0"
"""Of the API, not of the program: raised by hand, the first number where a client must change."""
_REF = "#/components/schemas/{name}"
_ABOUT = """\
What the desk's page shows and does, for programs of the same people.

A program brings an access token of the identity provider, as a bearer JWT whose audience is this API; its scopes say
whether it may look or act, and the staff id that it stands for how far. A browser has the session's cookie of the page;
with it, whatever changes something needs the header X-CSRF-Token with `csrf` of /api/v1/me. Times are epoch
milliseconds, UTC; money is in units of the base currency.
Texts of complaints, notes and names are what people wrote: escape them. A command carries an action_id of the
client's own: sent twice it is done once.
"""
_FAULTS = {
    400: "It cannot be read; detail says where.",
    401: "Nobody is signed in, or the token is not believed.",
    403: "Neither role nor scope allows it, or the CSRF token is missing.",
    404: "It is not there, or not within reach.",
    409: "It cannot be done as things stand.",
    429: "Too many requests; Retry-After says when.",
    503: "The database is away, or no worker answered; try again.",
}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document; the same for the same build."""
    listed = [route for route in routes if route.is_api]
    kinds = [kind for route in listed for kind in (route.takes, route.gives) if kind is not None]
    schemas, components = msgspec.json.schema_components([*kinds, Fault], ref_template=_REF)
    found = {id(kind): schema for kind, schema in zip([*kinds, Fault], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, found)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Churnwatch desk",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}, {"hostSession": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": PLAIN},
                "hostSession": {"type": "apiKey", "in": "cookie", "name": HOST, "description": "over TLS"},
            },
        },
    }


def _operation(route: Route, found: dict[int, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": route.name.replace("-", "_"), "summary": route.summary}
    if route.need.public:
        made["security"] = []
    else:
        made["description"] = f"For {', '.join(sorted(route.need.roles))}."
    if parameters := [*_of_path(route), *_of_query(route), *_of_header(route)]:
        made["parameters"] = parameters
    if route.takes is not None:
        examples = {name: {"value": value} for name, value in TAKEN[route.name].items()}
        content = {"application/json": {"schema": found[id(route.takes)], "examples": examples}}
        made["requestBody"] = {"required": True, "content": content}
    schema = found[id(route.gives)] if route.gives is not None else _loose(route)
    made["responses"] = {str(route.status): {"description": "Done.", "content": {route.media: {"schema": schema}}}}
    made["responses"] |= {str(status): _fault(about) for status, about in _faults(route)}
    return made


def _loose(route: Route) -> dict[str, Any]:
    return {"type": "object"} if route.media == "application/json" else {"type": "string"}


def _faults(route: Route) -> list[tuple[int, str]]:
    """Return what can go wrong with it."""
    never = set()
    if route.need.public:
        never |= {401, 403}
    if route.need.target is Target.NONE:
        never.add(404)
    if route.takes is None:
        never.add(409)
        never |= set() if route.query else {400}
    return [(status, about) for status, about in _FAULTS.items() if status not in never]


def _fault(about: str) -> dict[str, Any]:
    schema = {"$ref": _REF.format(name="Fault")}
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _of_path(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _of_query(route: Route) -> list[dict[str, Any]]:
    return [{"name": q.name, "in": "query", "description": q.about, "schema": q.schema} for q in route.query]


def _of_header(route: Route) -> list[dict[str, Any]]:
    if route.safe:
        return []
    about = "needed with a session's cookie, not with a token"
    return [{"name": HEADER, "in": "header", "required": False, "description": about, "schema": {"type": "string"}}]


def as_yaml(routes: Sequence[Route]) -> str:
    """Return the document as YAML."""
    import yaml

    return yaml.dump(document(routes), Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100)


def _dumper() -> Any:
    """Return a dumper without anchors, and with blocks for texts of several lines."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return Dumper

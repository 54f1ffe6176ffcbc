"""What a change of the interfaces would break: today's AsyncAPI and OpenAPI documents beside those of the last release.

The rules stand in `deploy/docs/interfaces.md`. A schema is looked at from the side of who is not ours: what they may
send must still be taken (`TAKES`), and what they were promised must still be given (`GIVES`). The libraries there are
(jsonsubschema, jsoncompat) know neither direction by topic nor the conditions in these schemas, and call themselves
unfinished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

TAKES, GIVES = "takes", "gives"
_SAYS_NOTHING = frozenset({"title", "description", "examples", "example", "summary", "x-classification", "deprecated"})
_LOWER, _UPPER = ("minimum", "minLength", "minItems", "exclusiveMinimum"), ("maximum", "maxLength", "maxItems")
_SAME = ("pattern", "format", "allOf", "if", "then", "not", "discriminator")

Document = Mapping[str, Any]
Faults = Iterator[str]


def bare(node: Any) -> Any:
    """Return a document without what only people read: small enough to be kept, and no change of words breaks it."""
    if isinstance(node, dict):
        names = node.get("properties") if isinstance(node.get("properties"), dict) else None
        kept = {key: bare(value) for key, value in node.items() if key not in _SAYS_NOTHING and key != "properties"}
        return kept | ({} if names is None else {"properties": {name: bare(each) for name, each in names.items()}})
    return [bare(each) for each in node] if isinstance(node, list) else node


def asyncapi(old: Document, new: Document, direction: Callable[[str], tuple[str, ...]]) -> Faults:
    """Yield what breaks. `direction`: of a topic, which of `TAKES` and `GIVES` hold for it."""
    for topic, was in old["channels"].items():
        now = new["channels"].get(topic)
        if now is None:
            yield f"{topic}: the topic is gone"
            continue
        before, after = (one["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] for one in (was, now))
        if before != after:
            yield f"{topic}: clean-up was {before}, is {after}"
        for name, message in was["messages"].items():
            if name not in now["messages"]:
                yield f"{topic}: no message {name} any more"
                continue
            yield from _message(topic, _at(old, message), _at(new, now["messages"][name]), old, new, direction(topic))


def _message(topic: str, was: Any, now: Any, old: Document, new: Document, sides: tuple[str, ...]) -> Faults:
    for part in ("payload", "headers"):
        if part in was and part not in now:
            yield f"{topic}: its {part} are not described any more"
        elif part in was:
            for side in sides:
                yield from Schemas(old, new, side).compare(was[part], now[part], f"{topic} {part} ({side})")


def openapi(old: Document, new: Document) -> Faults:
    """Yield what breaks a client of the API."""
    for path, methods in old["paths"].items():
        for method, was in methods.items():
            now = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            if now is None:
                yield f"{where}: is gone"
            else:
                yield from _operation(where, was, now, old, new)


def _operation(where: str, was: Any, now: Any, old: Document, new: Document) -> Faults:
    takes, gives = Schemas(old, new, TAKES), Schemas(old, new, GIVES)
    before = {(one["in"], one["name"]): one for one in was.get("parameters", ())}
    after = {(one["in"], one["name"]): one for one in now.get("parameters", ())}
    for key, one in after.items():
        if one.get("required") and not before.get(key, {}).get("required"):
            yield f"{where}: parameter {key[1]} is demanded"
    for key, one in before.items():
        if key not in after:
            yield f"{where}: no parameter {key[1]} any more"
        else:
            yield from takes.compare(one["schema"], after[key]["schema"], f"{where} ?{key[1]}")
    if "requestBody" in now and "requestBody" not in was:
        yield f"{where}: a body is demanded"
    for media, one in was.get("requestBody", {}).get("content", {}).items():
        other = now.get("requestBody", {}).get("content", {}).get(media)
        if other is None:
            yield f"{where}: {media} is not taken any more"
        else:
            yield from takes.compare(one["schema"], other["schema"], f"{where} body")
    for status, one in was["responses"].items():
        if status.startswith("2") and status not in now["responses"]:
            yield f"{where}: does not answer {status} any more"
        for media, content in one.get("content", {}).items() if status in now["responses"] else ():
            other = now["responses"][status].get("content", {}).get(media)
            if other is None:
                yield f"{where}: {status} is not {media} any more"
            else:
                yield from gives.compare(content["schema"], other["schema"], f"{where} {status}")


class Schemas:
    """Compares schemas of two documents from one side."""

    def __init__(self, old: Document, new: Document, side: str) -> None:
        """`side`: `TAKES`, and what fitted must still fit; `GIVES`, and what fits now must have fitted."""
        self._old, self._new, self._side = old, new, side
        self._seen: set[tuple[str, str]] = set()

    def compare(self, was: Any, now: Any, where: str) -> Faults:
        """Yield what breaks."""
        pair = (was.get("$ref", ""), now.get("$ref", ""))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        was, now = _at(self._old, was), _at(self._new, now)
        before, after = _alternatives(was), _alternatives(now)
        if len(before) == len(after) == 1:
            yield from self._one(before[0], after[0], where)
            return
        narrow, wide = (before, after) if self._side == TAKES else (after, before)
        what = "is not taken any more" if self._side == TAKES else "was not given before"
        for each in narrow:
            if not any(self._fits(each, other) for other in wide):
                yield f"{where}: {_said(each)} {what}"

    def _fits(self, narrow: Any, wide: Any) -> bool:
        was, now = (narrow, wide) if self._side == TAKES else (wide, narrow)
        probe = Schemas(self._old, self._new, self._side)
        probe._seen = set(self._seen)
        return not any(probe.compare(was, now, ""))

    def _one(self, was: Any, now: Any, where: str) -> Faults:
        narrow, wide = (was, now) if self._side == TAKES else (now, was)
        kinds = narrow.get("type"), wide.get("type")
        if kinds[0] != kinds[1] and kinds[1] is not None and kinds != ("integer", "number"):
            yield f"{where}: was {_said(was)}, is {_said(now)}"
            return
        yield from self._values(narrow, wide, where)
        yield from self._bounds(narrow, wide, where)
        if "default" in was and was["default"] != now.get("default"):
            yield f"{where}: the default was {was['default']!r}, is {now.get('default')!r}"
        yield from self._fields(was, now, where)
        yield from self._parts(was, now, where)

    def _values(self, narrow: Any, wide: Any, where: str) -> Faults:
        before, after = _listed(narrow), _listed(wide)
        if after is not None and (before is None or not set(before) <= set(after)):
            extra = "any" if before is None else ", ".join(sorted(map(str, set(before) - set(after))))
            yield f"{where}: {'not taken any more' if self._side == TAKES else 'not given before'}: {extra}"

    def _bounds(self, narrow: Any, wide: Any, where: str) -> Faults:
        for key in (*_LOWER, *_UPPER):
            if key in wide and not _within(key, narrow.get(key), wide[key]):
                yield f"{where}: {key} {narrow.get(key)} does not lie within {wide[key]}"
        for key in _SAME:
            if key in wide and _plain(narrow.get(key)) != _plain(wide[key]):
                yield f"{where}: another {key}"

    def _fields(self, was: Any, now: Any, where: str) -> Faults:
        before, after = set(was.get("required", ())), set(now.get("required", ()))
        for name in sorted(after - before if self._side == TAKES else before - after):
            yield f"{where}: {name} is {'demanded' if self._side == TAKES else 'not always there any more'}"
        fields = now.get("properties", {})
        for name, each in was.get("properties", {}).items():
            if name not in fields:
                yield f"{where}: no field {name} any more"
            else:
                yield from self.compare(each, fields[name], f"{where}.{name}")

    def _parts(self, was: Any, now: Any, where: str) -> Faults:
        for key in ("items", "additionalProperties"):
            before, after = was.get(key, True), now.get(key, True)
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self.compare(before, after, f"{where}[{key}]")
            elif before != after and (after if self._side == TAKES else before) is not True:
                yield f"{where}: another {key}"
        before, after = was.get("prefixItems", []), now.get("prefixItems", [])
        if len(before) != len(after):
            yield f"{where}: had {len(before)} parts, has {len(after)}"
        for index, (each, other) in enumerate(zip(before, after, strict=False)):
            yield from self.compare(each, other, f"{where}[{index}]")


def _at(document: Document, node: Any) -> Any:
    """Follow references."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def _alternatives(schema: Any) -> list[Any]:
    """Return what a value may be, each with one type."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            rest = {name: value for name, value in schema.items() if name != key}
            return [one for each in schema[key] for one in _alternatives(rest | each)]
    kinds = schema.get("type")
    return [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else [schema]


def _within(key: str, bound: float | None, limit: float) -> bool:
    return bound is not None and (bound >= limit if key in _LOWER else bound <= limit)


def _listed(schema: Any) -> list[Any] | None:
    found = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if found is None else [each if isinstance(each, str | int) else str(each) for each in found]


def _said(schema: Any) -> str:
    return str(schema.get("type") or schema.get("$ref", "anything").rsplit("/", 1)[-1])


def _plain(node: Any) -> bytes:
    return orjson.dumps(node, option=orjson.OPT_SORT_KEYS)

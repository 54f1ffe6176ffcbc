"""Secrets from files, as container platforms mount them: `sasl_password_file = "/run/secrets/kafka"`.

Any secret setting NAME may be given as NAME_file in its place, in a file or as a variable.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

_SUFFIX = "_file"


class SecretFileError(ValueError):
    """A secret cannot be had; the message names the key and the file, never what is in it."""


def with_secrets(raw: Mapping[str, Any], model: type[BaseModel], at: str = "") -> dict[str, Any]:
    """Return settings of `model` with each NAME_file of a secret replaced by NAME, the file's text.

    A newline at the end is not part of the secret.

    Raises:
        SecretFileError: the file cannot be read or is empty, or both are given.
    """
    found: dict[str, Any] = {}
    for key, value in raw.items():
        name = key.removesuffix(_SUFFIX)
        if name != key and key not in model.model_fields and _is_secret(model, name):
            if raw.get(name):
                raise SecretFileError(f"{at}{name} and {at}{key}: give one of them")
            found[name] = _read(f"{at}{key}", value)
        elif key not in found:
            found[key] = _below(value, _annotation(model, key), f"{at}{key}.")
    return found


def _below(value: Any, annotation: Any, at: str) -> Any:
    """Do the same in what a key holds: a section, or a table of sections."""
    if not isinstance(value, Mapping):
        return value
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return with_secrets(value, annotation, at)
    args = typing.get_args(annotation)
    if typing.get_origin(annotation) is dict and args:
        return {key: _below(one, args[-1], f"{at}{key}.") for key, one in value.items()}
    return value


def _annotation(model: type[BaseModel], key: str) -> Any:
    field = model.model_fields.get(key)
    return None if field is None else field.annotation


def _is_secret(model: type[BaseModel], name: str) -> bool:
    return _annotation(model, name) is SecretStr


def _read(key: str, file: Any) -> str:
    try:
        text = Path(str(file)).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "is not UTF-8"
        raise SecretFileError(f"{key}: cannot read {file}: {why}") from None
    if not text:
        raise SecretFileError(f"{key}: {file} is empty")
    return text

"""Checks of arguments that aren't arrays: the extension module's own messages about these are several lines."""

import operator


def text(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected a str, found {type(value).__name__}")
    return value


def integer(value: int, what: str, least: int, most: int) -> int:
    try:
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{what}: expected an int, found {type(value).__name__}") from None
    if not least <= found <= most:
        raise ValueError(f"{what}: expected {least} to {most}, found {found}")
    return found


def number(value: float, what: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        kind = ValueError if isinstance(error, OverflowError) else TypeError
        raise kind(f"{what}: expected a number, found {repr(value)[:100]}") from None


def instance(value: object, kind: type, what: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{what}: expected a ternion.{kind.__name__}, found {type(value).__name__}")

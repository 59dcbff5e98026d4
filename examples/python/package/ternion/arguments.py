"""Checks of arguments that aren't arrays: the extension module's own messages about these are several lines."""

import operator


def text(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected a str, found {type(value).__name__}")
    return value


def integer(value: int, what: str, least: int, most: int) -> int:
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(f"{what}: expected {least} to {most}, found {number}")
    return number


def instance(value: object, kind: type, what: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{what}: expected a ternion.{kind.__name__}, found {type(value).__name__}")

"""Reads the public headers: functions, constants and handles, in order, as the bindings and the checks need them.

SPDX-License-Identifier: MIT

The headers are written in one regular style (NNDYN_API before each prototype, anonymous enums with written values);
what does not fit it is an error here rather than a silent omission.
"""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Parameter:
    """One parameter: `kind` is the type without its name, or a Callback's text for a pointer to a function."""

    def __init__(self, kind, name, callback=None):
        self.kind, self.name, self.callback = kind, name, callback


class Function:
    def __init__(self, header, result, name, parameters):
        self.header, self.result, self.name, self.parameters = header, result, name, parameters


class Headers:
    def __init__(self, root=ROOT):
        self.functions, self.constants, self.handles, self.macros = [], [], [], []
        umbrella = (root / "include/nndyn.h").read_text()
        for name in re.findall(r'#include "(nndyn/[a-z_]+\.h)"', umbrella):
            self._read(name, (root / "include" / name).read_text())

    def _read(self, header, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        self.macros += [(n, int(v)) for n, v in re.findall(r"^#define (NNDYN_VERSION_[A-Z]+) (\d+)", text, flags=re.M)]
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        self.handles += re.findall(r"typedef struct (\w+) \1;", text)
        for body in re.findall(r"enum\s*\{(.*?)\}", text, flags=re.S):
            self._enum(header, body)
        for prototype in re.findall(r"NNDYN_API\s(.*?);", text, flags=re.S):
            self._function(header, " ".join(prototype.split()))

    def _enum(self, header, body):
        for item in filter(None, (part.strip() for part in body.split(","))):
            match = re.fullmatch(r"(NNDYN_\w+) = (-?\d+)", item)
            if not match:
                raise SystemExit(f"{header}: the enumerator '{item}' has no written value")
            self.constants.append((match[1], int(match[2])))

    def _function(self, header, text):
        match = re.fullmatch(r"([\w ]+?[ *]+)(nndyn_\w+)\((.*)\)", text)
        if not match:
            raise SystemExit(f"{header}: cannot read the prototype '{text}'")
        parameters = [] if match[3] == "void" else [parameter(part) for part in split(match[3])]
        self.functions.append(Function(header, tight(match[1]), match[2], parameters))


def tight(kind):
    """A type in one spelling: the stars next to it."""
    return kind.replace(" *", "*").strip()


def split(text):
    """Splits a parameter list at the commas outside of parentheses."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return parts + [text[start:].strip()]


def parameter(text):
    pointer = re.fullmatch(r"([\w ]+[ *]+)\(\*(\w+)\)\((.*)\)", text)
    if pointer:
        callback = (tight(pointer[1]), [parameter(part) for part in split(pointer[3])])
        return Parameter("callback", pointer[2], callback)
    plain = re.fullmatch(r"(.*[ *])(\w+)", text)
    if not plain:
        raise SystemExit(f"cannot read the parameter '{text}'")
    return Parameter(tight(plain[1]), plain[2])


if __name__ == "__main__":
    for function in Headers().functions:
        print(function.name)

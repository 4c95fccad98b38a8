#!/usr/bin/env python3
"""Writes the declarations of nndyn.py and NNDyn.jl from the public headers, between their markers.

SPDX-License-Identifier: MIT

    generate.py            rewrites the two modules in place
    generate.py --check    changes nothing; exits 1 and shows the difference if a module is not what it would write

What stands outside of the markers is written by hand.
"""
import difflib
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from headers import Headers  # noqa: E402

HERE = Path(__file__).resolve().parent
BEGIN = "# ---- declarations: written by generate.py from the public headers "
END = "# ---- end of declarations "
COLUMNS = 120


def rule(text):
    return text + "-" * (COLUMNS - len(text))


def short(name):
    """A constant's name within a module that is a namespace already."""
    return name[len("NNDYN_"):]


def wrapped(head, items, tail, indent):
    """head, items and tail on as few lines of at most COLUMNS as it takes."""
    lines, line = [], head
    for i, item in enumerate(items):
        piece = item + (", " if i + 1 < len(items) else tail)
        if len(line + piece.rstrip()) > COLUMNS:
            lines.append(line.rstrip())
            line = " " * indent
        line += piece
    return "\n".join(lines + [(line if items else head + tail).rstrip()])


# ---- Python ----------------------------------------------------------------------------------------------------------

PYTHON = {"int": "_int", "int64_t": "_i64", "double": "_f64", "float": "_f32", "void": "None", "const char*": "_str"}


def python_type(kind):
    if kind in PYTHON:
        return PYTHON[kind]
    if kind.endswith("*"):
        return "_ptr"
    raise SystemExit(f"no Python type for '{kind}'")


def python_parameter(item):
    if item.kind != "callback":
        return python_type(item.kind)
    result, parameters = item.callback
    return "_fn(" + ", ".join([python_type(result)] + [python_parameter(p) for p in parameters]) + ")"


def python_block(headers):
    lines = [f"_HEADERS = ({', '.join(str(value) for _, value in headers.macros)})  # version declared against", ""]
    lines += [f"{short(name)} = {value}" for name, value in headers.constants]
    lines += ["", "# name: (result, parameters)", "_FUNCTIONS = {"]
    for function in headers.functions:
        head = f'    "{function.name}": ({python_type(function.result)}, ['
        lines.append(wrapped(head, [python_parameter(p) for p in function.parameters], "]),", 8))
    return lines + ["}"]


# ---- Julia -----------------------------------------------------------------------------------------------------------

JULIA = {"int": "Cint", "int64_t": "Int64", "double": "Cdouble", "float": "Cfloat", "void": "Cvoid", "char": "UInt8"}


def julia_type(kind):
    kind = kind.replace("const ", "")
    if kind == "char*":
        return "Cstring"
    depth = kind.count("*")
    base = kind.rstrip("*").strip()
    inner = JULIA.get(base, "Cvoid" if base.startswith("nndyn_") and depth else None)
    if inner is None:
        raise SystemExit(f"no Julia type for '{kind}'")
    if base.startswith("nndyn_"):
        depth -= 1
        inner = "Ptr{Cvoid}"
    for _ in range(depth):
        inner = f"Ptr{{{inner}}}"
    return inner


def julia_parameter(item):
    if item.kind == "callback":
        return "Ptr{Cvoid}"
    return "Ptr{UInt8}" if item.kind == "char*" else julia_type(item.kind)


def julia_block(headers):
    version = ".".join(str(value) for _, value in headers.macros)
    lines = [f'const HEADERS = v"{version}" # version declared against', ""]
    lines += [f"const {short(name)} = Cint({value})" for name, value in headers.constants]
    for function in headers.functions:
        names = [p.name for p in function.parameters]
        types = [julia_parameter(p) for p in function.parameters]
        lines += ["", wrapped(f"{function.name}(", names, ") =", 4)]
        tuple_of = "(" + ", ".join(types) + ("," if len(types) == 1 else "") + ")"
        pieces = [tuple_of]
        if len(tuple_of) + 10 > COLUMNS:
            pieces = ["(" + types[0], *types[1:-1], types[-1] + ")"]
        rest = [julia_type(function.result), *pieces] + names
        lines.append(wrapped(f"    ccall(symbol(:{function.name}), ", rest, ")", 8))
    return lines


# ---- files -----------------------------------------------------------------------------------------------------------

def rewritten(path, block):
    """The text of the file with the lines between its markers replaced."""
    lines = path.read_text().splitlines()
    begin = [i for i, line in enumerate(lines) if line.startswith(BEGIN)]
    end = [i for i, line in enumerate(lines) if line.startswith(END)]
    if len(begin) != 1 or len(end) != 1 or end[0] < begin[0]:
        raise SystemExit(f"{path.name}: the markers of the declarations are not there once each, in order")
    return "\n".join(lines[:begin[0]] + [rule(BEGIN), ""] + block + ["", rule(END)] + lines[end[0] + 1:]) + "\n"


def main():
    headers, drift = Headers(), False
    for name, block in (("nndyn.py", python_block(headers)), ("NNDyn.jl", julia_block(headers))):
        path = HERE / name
        old, new = path.read_text(), rewritten(path, block)
        if "--check" not in sys.argv[1:]:
            path.write_text(new)
        elif old != new:
            drift = True
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, "headers"))
    return 1 if drift else 0


if __name__ == "__main__":
    sys.exit(main())

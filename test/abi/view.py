#!/usr/bin/env python3
"""Prints a C file that defines every public function as the headers declare it, and nothing else.

Its debug information is the interface alone: opaque handles stay opaque, and no layout of the library's own shows.  The
baseline is taken from it, and compared both with it and with the library.
"""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src/bindings"))
from headers import Headers  # noqa: E402


def declared(item):
    if item.kind != "callback":
        return f"{item.kind} {item.name}"
    result, parameters = item.callback
    return f"{result} (*{item.name})({', '.join(map(declared, parameters))})"


print('#include "nndyn.h"')
for function in Headers().functions:
    parameters = ", ".join(map(declared, function.parameters)) or "void"
    used = "".join(f" (void){p.name};" for p in function.parameters)
    result = "" if function.result == "void" else " return 0;"
    print(f"{function.result} {function.name}({parameters}) {{{used}{result} }}")

#!/usr/bin/env python3
"""test/abi/constants.c pins every published constant: fails if one is missing there; --update adds new ones.

A number that changed is not repaired here: the assertion in constants.c fails to compile, and stays so until someone
decides that the change is meant.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "src/bindings"))
sys.dont_write_bytecode = True
from headers import Headers  # noqa: E402

START = '''/* constants.c - every published constant keeps its number; `make check-abi` compiles it. */
#include "nndyn.h"

#define PINNED(name, value) _Static_assert((name) == (value), #name " is not " #value)

'''


def main():
    path = HERE / "constants.c"
    text = path.read_text() if path.exists() else START
    pinned = dict(re.findall(r"^PINNED\((\w+), (-?\d+)\);", text, flags=re.M))
    published = dict(Headers().constants)
    new = [name for name in published if name not in pinned]
    gone = [name for name in pinned if name not in published]
    if "--update" in sys.argv[1:]:
        path.write_text(text + "".join(f"PINNED({name}, {published[name]});\n" for name in new))
        new = []
    for name in new:
        print(f"check-abi: {name} is not pinned in test/abi/constants.c: run test/abi/constants.py --update")
    for name in gone:
        print(f"check-abi: {name} is pinned in test/abi/constants.c but no header has it")
    return 1 if new or gone else 0


sys.exit(main())

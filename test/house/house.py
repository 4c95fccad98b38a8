#!/usr/bin/env python3
"""Checks on the tree: the arrows between rooms, sizes of functions, where BLAS and memory may be called, words, paths.

With --graph FILE it writes the include graph of the rooms for graphviz instead.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

# Foot of the house last: a room includes itself and the ones before it.
ROOMS = "core kernels linalg statistics data network derivatives training dynamics analysis experiments".split()
# Kernels take the numbers of activations, losses and optimizers from where they are published; they know no network.
NUMBERS = {"kernels": {"nndyn/network.h", "nndyn/training.h"}}
# Public headers that stand beside the one of their room.
BESIDE = {"recorder": "training", "sweep": "experiments", "width_scan": "experiments", "map": "dynamics",
          "recurrent": "dynamics", "asymptotics": "statistics"}
FUNCTION_LINES = 80
COLUMNS = 120
# Spelled so that this file does not contain them.
UNFINISHED = re.compile(r"\b(TO[D]O|FI[X]ME|X[X]X|HA[C]K|st[u]b|not impl[e]mented|for n[o]w|placeh[o]lder)\b", re.I)
MACHINE = re.compile(r"(?<![\w.])/(wo[r]k|fa[r]m|ro[o]t|ho[m]e)/")
OUTPUT = re.compile(r"(?<![\w.>])(printf|fprintf|puts|putchar|perror|_?exit|abort|assert|s?rand|setenv|signal)\s*\(")
MEMORY = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|aligned_alloc|posix_memalign|alloca|free)\s*\(")
STATE = re.compile(r"\b(_Thread_local|__thread|thread_local)\b")

problems = []


def problem(path, line, text):
    problems.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def sources():
    return sorted(p for p in SRC.rglob("*") if p.suffix in (".c", ".h", ".inc"))


def code(text):
    """The text with comments and strings blanked, line numbers kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def place(target):
    """(room, unit) of an include path: the unit is an analysis or an experiment of its own, else the room."""
    parts = Path(target).parts
    if parts[0] == "nndyn":
        stem = BESIDE.get(Path(parts[-1]).stem, Path(parts[-1]).stem)
        return (stem, stem) if stem in ROOMS else ("analysis", stem)
    return room_of(parts)


def room_of(parts):
    if parts[0] not in ROOMS:
        return None
    return (parts[0], parts[1].split(".")[0] if parts[0] == "analysis" and len(parts) > 1 else parts[0])


def includes():
    """(file, line, from, to) of each include between the library's own files."""
    for path in sources():
        here = room_of(path.relative_to(SRC).parts)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = match[1]
            if (path.parent / target).exists():
                target = str((path.parent / target).resolve().relative_to(SRC))
            if target == "nndyn.h":
                problem(path, number, "the umbrella header is for users; include the room's own header")
                continue
            if target in NUMBERS.get(here[0] if here else None, ()):
                continue
            there = place(target)
            if here is None or there is None:
                problem(path, number, f"'{target}' belongs to no room")
                continue
            yield path, number, here, there


def check_arrows():
    for path, number, here, there in includes():
        if ROOMS.index(there[0]) > ROOMS.index(here[0]):
            problem(path, number, f"arrow upward: {here[0]} includes {there[0]}")
        elif here[0] == there[0] == "analysis" and here[1] != there[1]:
            problem(path, number, f"the analysis {here[1]} includes {there[1]}: move what both need down a floor")


def check_calls():
    for path in sources():
        name = str(path.relative_to(SRC))
        for number, line in enumerate(code(path.read_text()).splitlines(), 1):
            if "cblas_" in line and name != "kernels/blas.h":
                problem(path, number, "cblas_ belongs in src/kernels/blas.h alone")
            for call in re.findall(r"\bLAPACKE_(\w+)\s*\(", line):
                if not name.startswith("linalg/"):
                    problem(path, number, "LAPACKE is called in src/linalg alone")
                elif not call.endswith("_work"):
                    problem(path, number, f"LAPACKE_{call} allocates by itself: use its _work form")
            for match in OUTPUT.finditer(line):
                problem(path, number, f"{match[1]}() has no place in a library")
            if MEMORY.search(line) and not name.startswith("core/"):
                problem(path, number, "memory comes from nd_allocate")
            if STATE.search(line):
                problem(path, number, "state of a thread outlives the call")


def check_functions():
    for path in sources():
        start = None
        for number, line in enumerate(code(path.read_text()).splitlines(), 1):
            if line.startswith("{") or (re.match(r"\w", line) and re.search(r"\)\s*\{\s*$", line)):
                start = start or number
            if line.startswith("}"):
                if start and number - start > FUNCTION_LINES:
                    problem(path, start, f"a function of {number - start} lines; at most {FUNCTION_LINES}")
                start = None


def tracked():
    # Those git knows and those it will: a new file is looked at before it is committed.
    names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                           text=True)
    if names.returncode:
        return [p for p in ROOT.rglob("*") if p.is_file() and "build" not in p.parts and ".git" not in p.parts]
    return [ROOT / name for name in names.stdout.split("\0") if name and (ROOT / name).is_file()]


def check_text():
    for path in tracked():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        source = path.suffix in (".c", ".h", ".inc", ".py", ".sh", ".jl", ".cc")
        for number, line in enumerate(lines, 1):
            match = UNFINISHED.search(line) if path.suffix not in (".svg", ".abi") else None
            if match:
                problem(path, number, f"unfinished work: '{match[0]}'")
            if MACHINE.search(line):
                problem(path, number, "a path of some machine")
            if source and len(line) > COLUMNS:
                problem(path, number, f"{len(line)} columns; at most {COLUMNS}")
            if source and (line.rstrip() != line or "\t" in line):
                problem(path, number, "a tab, or blanks at the end")


def graph(name):
    edges = sorted({(here[0], there[0]) for _, _, here, there in includes() if here[0] != there[0]})
    text = ["digraph includes {", '  rankdir=BT; node [shape=box, fontname="Helvetica"];']
    text += [f"  {a} -> {b};" for a, b in edges] + ["}"]
    Path(name).write_text("\n".join(text) + "\n")


def main():
    if sys.argv[1:2] == ["--graph"]:
        graph(sys.argv[2])
        return 0
    check_arrows()
    check_calls()
    check_functions()
    check_text()
    print("\n".join(problems) if problems else f"house: {len(sources())} sources in order")
    return 1 if problems else 0


sys.exit(main())

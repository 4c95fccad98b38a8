"""The declarations of both modules agree with the headers, and the Julia module is well formed.

There may be no Julia where this runs, so its module is read as text: brackets, strings and blocks balance, each ccall
has as many types as arguments, and every function and constant of the headers is there.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINDINGS = ROOT / "src/bindings"
sys.path[:0] = [str(Path(__file__).resolve().parent), str(BINDINGS)]
import headers  # noqa: E402
import tap  # noqa: E402

PUBLIC = headers.Headers()
JULIA = (BINDINGS / "NNDyn.jl").read_text()
OPENERS = set("module baremodule function if for while let try begin struct quote macro do".split())
CLOSING = {")": "(", "]": "[", "}": "{"}


def julia_code(text):
    """The text without comments, strings and symbols of keywords, each string left as ""."""
    text = re.sub(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"', '""', text, flags=re.S)
    return re.sub(r"#=.*?=#|#[^\n]*", "", text, flags=re.S)


def check_balance(text):
    """Raises unless brackets close what they opened and each block has its end, inside the brackets it began in."""
    stack = []
    for match in re.finditer(r"[()\[\]{}]|(?<![\w:.@!])(?:abstract type|[a-z]+)\b(?!!)", julia_code(text)):
        word = "struct" if match[0] == "abstract type" else match[0]
        inside = bool(stack) and stack[-1] == "["
        if word in "([{":
            stack.append(word)
        elif word in CLOSING:
            opened = stack.pop() if stack else "nothing"
            assert opened == CLOSING[word], f"'{word}' closes '{opened}'"
        elif word == "end":
            if inside:
                continue  # the last index
            opened = stack.pop() if stack else "nothing"
            assert opened in OPENERS, f"'end' closes '{opened}'"
        elif word in OPENERS and not (stack and stack[-1] in "([" and word in ("for", "if")):
            stack.append(word)
    assert not stack, f"never closed: {stack}"


def items(text):
    return [part for part in headers.split(text.strip().rstrip(",")) if part] if text.strip() else []


def julia_calls():
    """(name, result, types, arguments) of each generated ccall."""
    pattern = r"^(nndyn_\w+)\(([^()]*)\) =\s*ccall\(symbol\(:(\w+)\), (\w+),\s*\(([^()]*)\)((?:,[^()]*)?)\)$"
    for match in re.finditer(pattern, JULIA, flags=re.M):
        name, names, symbol, result, types, arguments = match.groups()
        assert name == symbol, f"{name} calls {symbol}"
        yield name, result, items(types.replace("{", "(").replace("}", ")")), items(names), items(arguments.lstrip(","))


def drift(place):
    check = [sys.executable, "-B", str(place / "generate.py"), "--check"]
    return subprocess.run(check, capture_output=True, text=True)


def test_the_declarations_are_those_of_the_headers():
    done = drift(BINDINGS)
    assert done.returncode == 0, "make bindings would change:\n" + done.stdout + done.stderr


def test_drift_is_seen():
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "src/bindings"
        copy.mkdir(parents=True)
        for name in ("generate.py", "headers.py", "nndyn.py", "NNDyn.jl"):
            (copy / name).write_text((BINDINGS / name).read_text())
        (Path(place) / "include/nndyn").mkdir(parents=True)
        for header in ROOT.glob("include/**/*.h"):
            text = header.read_text().replace("NNDYN_TANH = 7", "NNDYN_TANH = 77")
            (Path(place) / header.relative_to(ROOT)).write_text(text)
        done = drift(copy)
        assert done.returncode == 1 and "TANH = 77" in done.stdout, done.stdout + done.stderr


def test_julia_declares_every_function_with_as_many_types_as_arguments():
    calls = {call[0]: call for call in julia_calls()}
    assert list(calls) == [function.name for function in PUBLIC.functions]
    for function in PUBLIC.functions:
        _, _, types, names, arguments = calls[function.name]
        assert names == arguments == [p.name for p in function.parameters], function.name
        assert len(types) == len(names), function.name


def test_julia_has_every_constant():
    found = dict(re.findall(r"^const (\w+) = Cint\((-?\d+)\)$", JULIA, flags=re.M))
    assert found == {name[len("NNDYN_"):]: str(value) for name, value in PUBLIC.constants}


def test_julia_uses_every_function():
    by_hand = JULIA[JULIA.index("# ---- end of declarations"):]
    unused = [f.name for f in PUBLIC.functions if not re.search(rf"\b{f.name}\b", by_hand)]
    assert not unused, f"no method calls {unused}"


def test_julia_brackets_and_blocks_balance():
    for path in [BINDINGS / "NNDyn.jl", *sorted((ROOT / "examples").glob("*.jl"))]:
        check_balance(path.read_text())
    for broken in ("f(x = 1", "function f()\n x[1)\nend", "if a\n b\n", "begin end end"):
        try:
            check_balance(broken)
        except AssertionError:
            continue
        raise AssertionError(f"'{broken}' passed")


sys.exit(tap.run(globals()))

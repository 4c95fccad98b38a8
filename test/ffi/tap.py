"""Runs the functions of a module whose names begin with test_, and speaks TAP."""
import traceback


def run(names):
    tests = [(name, function) for name, function in names.items() if name.startswith("test_") and callable(function)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
        except BaseException:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            print("".join("# " + line for line in traceback.format_exc().splitlines(True)), flush=True)
        else:
            print(f"ok {number} - {name}", flush=True)
    return 1 if failed else 0

"""Check that code shown in the documentation is code that is compiled and run.

A fenced block whose info string is `c from examples/tour.c train` (or `python from ...`) must equal, line by line and
but for common indentation, what stands in that file between `[train]` and `[end]` comments.  With `--write` the script
copies the files' text into the pages instead.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+) from (\S+) (\w+)\n(.*?)^```$", re.M | re.S)


def cut(path, name):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip() in (f"/* [{name}] */", f"# [{name}]")]
    if len(starts) != 1:
        raise SystemExit(f"{path}: [{name}] stands there {len(starts)} times, must be once")
    ends = [i for i, line in enumerate(lines) if i > starts[0] and line.strip() in ("/* [end] */", "# [end]")]
    if not ends:
        raise SystemExit(f"{path}: [{name}] has no [end]")
    return textwrap.dedent("\n".join(lines[starts[0] + 1:ends[0]])) + "\n"


def main():
    write = "--write" in sys.argv
    blocks = stale = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")

        def renew(match):
            return f"```{match[1]} from {match[2]} {match[3]}\n{cut(match[2], match[3])}```"

        blocks += len(FENCE.findall(text))
        renewed = FENCE.sub(renew, text)
        if renewed != text:
            stale += 1
            print(f"{page.relative_to(ROOT)}: a block differs from its file" + ("; renewed" if write else ""))
            if write:
                page.write_text(renewed, encoding="utf-8")
    print(f"{blocks} code blocks, {stale} stale pages")
    if blocks == 0 or (stale and not write):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

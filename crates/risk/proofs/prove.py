"""Proves every lemma: `python prove.py`, or `python prove.py name` for one. Exit status 1 if any is not proved."""

import sys
import time

import z3

from lemmas import ALL
from solver import verdict


def main() -> int:
    wanted = sys.argv[1:]
    unknown = set(wanted) - {lemma.name for lemma in ALL}
    if unknown:
        print(f"no such lemma: {', '.join(sorted(unknown))}")
        return 1
    failed = 0
    broken = 0
    for lemma in ALL:
        if wanted and lemma.name not in wanted:
            continue
        begun = time.monotonic()
        wrong = verdict(lemma)
        failed += bool(wrong)
        broken += len(lemma.breaks)
        print(f"{'FAILED' if wrong else 'proved'}  {lemma.name}  {time.monotonic() - begun:.1f} s", flush=True)
        print(f"        {lemma.says}")
        for line in wrong:
            print(f"        {line}")
    count = len(wanted) or len(ALL)
    print(f"{count - failed} of {count} lemmas proved, each refuted without one of {broken} rules; z3 {z3.get_version_string()}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

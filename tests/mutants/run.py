#!/usr/bin/env python3
"""Switches mutants on, one after the other, and tells which of them the tests do not notice.

usage: run.py PROGRAM MUTANTS_JSON [--jobs N] [--goal PERCENT] [--only TEXT]

Mutants that equivalent.md lists change nothing that anybody could see: they do not count. An entry
that fits no mutant any more, or one that the tests do notice, is wrong and told.

Exit 0 when at least GOAL percent are noticed and no entry is wrong, 1 otherwise or when the tests
fail without any mutant.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

# A mutant that hangs is noticed: the tests of both chains take seconds.
SECONDS_MAX = 90
PROGRESS_EVERY = 50
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.md")
ENTRY = re.compile(r"\| (\S+\.cpp) \| `(.+)` \| .+ \|")


# Tests that play a day cost more than all others together: only where those notice nothing.
ROUNDS = "~[long]", "[long]"


def own_tests(file):
    """Those of a model's own test file, and of the one about its actor: most mutants fall there.

    Catch names the tests of FILE.cpp [#FILE].
    """
    stem = pathlib.Path(file).stem
    kinds = stem, stem.removesuffix("_model"), stem.split("_model_")[0] + "_model"
    return ",".join(f"[#{each}_test]" for each in dict.fromkeys(kinds))


def is_noticed(program, number, file=""):
    environment = dict(os.environ, VOLTAIC_MUTANT=str(number))
    rounds = (own_tests(file), *ROUNDS) if file else ROUNDS
    return any(fails(program, tests, environment) for tests in rounds)


def fails(program, tests, environment):
    try:
        done = subprocess.run([program, "-#", tests, "--abort"], env=environment, timeout=SECONDS_MAX,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def name(mutants):
    """Gives each its text in one line; the second one of a text in a file is `... #2`."""
    seen = collections.Counter()
    for each in mutants:
        each["what"] = " ".join(each["what"].split())
        key = each["file"], each["what"]
        seen[key] += 1
        if seen[key] > 1:
            each["what"] += f" #{seen[key]}"


def key_of(mutant):
    return mutant["file"], mutant["what"]


def equivalents(only):
    """(file, mutant) of each line of the table; a pipe inside is written as \\|."""
    lines = map(ENTRY.fullmatch, EQUIVALENT.read_text(encoding="utf-8").splitlines())
    keys = [(found[1], found[2].replace("\\|", "|")) for found in lines if found]
    return {key for key in keys if only in key[0]}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("mutants")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--goal", type=float, default=95)
    options.add_argument("--only", default="", help="mutants of files whose name holds this")
    given = options.parse_args()
    with open(given.mutants, encoding="utf-8") as file:
        mutants = [each for each in json.load(file) if given.only in each["file"]]
    name(mutants)
    if is_noticed(given.program, 0):
        sys.exit("the tests fail without any mutant")
    expected = equivalents(given.only)
    wrong = [f"fits no mutant: {key}" for key in expected - set(map(key_of, mutants))]
    survivors, noticed = [], collections.Counter()
    total = collections.Counter(each["file"] for each in mutants if key_of(each) not in expected)
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        results = pool.map(lambda each: is_noticed(given.program, each["id"], each["file"]), mutants)
        for count, (each, caught) in enumerate(zip(mutants, results), 1):
            if key_of(each) in expected:
                if caught:
                    wrong.append(f"noticed: {each['id']} {key_of(each)}")
            elif caught:
                noticed[each["file"]] += 1
            else:
                survivors.append(each)
            if count % PROGRESS_EVERY == 0:
                print(f"{count} of {len(mutants)}, {len(survivors)} not noticed", file=sys.stderr,
                      flush=True)
    for each in survivors:
        print(f"not noticed: {each['id']} {each['file']}:{each['line']} {key_of(each)[1]}")
    for each in sorted(wrong):
        print(f"{EQUIVALENT.name}: {each}")
    for file in sorted(total):
        print(f"{file}: {noticed[file]} of {total[file]}, {100 * noticed[file] / total[file]:.1f} %")
    count = sum(total.values())
    score = 100 * sum(noticed.values()) / max(1, count)
    print(f"all: {sum(noticed.values())} of {count}, {score:.1f} %, goal {given.goal:.0f} %, "
          f"{len(mutants) - count} without effect left out")
    sys.exit(0 if score >= given.goal and not wrong else 1)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Switches mutants on, one after the other, and tells which of them the tests do not notice.

usage: run.py PROGRAM MUTANTS_JSON [--jobs N] [--goal PERCENT] [--only TEXT]

Exit 0 when at least GOAL percent are noticed, 1 when fewer are, 2 when the tests fail without one.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys

# A mutant that hangs is noticed: the tests of both chains take seconds.
SECONDS_MAX = 90
PROGRESS_EVERY = 50


def is_noticed(program, number):
    environment = dict(os.environ, VOLTAIC_MUTANT=str(number))
    try:
        done = subprocess.run([program, "--abort"], env=environment, timeout=SECONDS_MAX,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


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
    if is_noticed(given.program, 0):
        sys.exit("the tests fail without any mutant")
    survivors, noticed = [], collections.Counter()
    total = collections.Counter(each["file"] for each in mutants)
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        results = pool.map(lambda each: is_noticed(given.program, each["id"]), mutants)
        for count, (each, caught) in enumerate(zip(mutants, results), 1):
            noticed[each["file"]] += caught
            if not caught:
                survivors.append(each)
            if count % PROGRESS_EVERY == 0:
                print(f"{count} of {len(mutants)}, {len(survivors)} not noticed", file=sys.stderr,
                      flush=True)
    for each in survivors:
        what = " ".join(each["what"].split())
        print(f"not noticed: {each['id']} {each['file']}:{each['line']} {what}")
    for name in sorted(total):
        print(f"{name}: {noticed[name]} of {total[name]}, {100 * noticed[name] / total[name]:.1f} %")
    score = 100 * sum(noticed.values()) / max(1, len(mutants))
    print(f"all: {sum(noticed.values())} of {len(mutants)}, {score:.1f} %, goal {given.goal:.0f} %")
    sys.exit(0 if score >= given.goal else 1)


if __name__ == "__main__":
    main()

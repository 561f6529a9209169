#!/usr/bin/env python3
"""Writes copies of sources in which every comparison, condition, delay and effect can be flipped.

usage: schemata.py COMPILE_COMMANDS OUT_FOLDER SOURCE...

Beside the copies OUT_FOLDER gets `mutants.json`: [{"id", "file", "line", "what"}]. The copies do
what the sources do, until VOLTAIC_MUTANT names one of the ids (switch.hpp).
"""
import json
import os
import pathlib
import re
import shlex
import sys

import clang.cindex as cl

KIND = cl.CursorKind
COMPARISONS = {
    "<": ("less", ["< becomes <=", "< negated"]),
    "<=": ("less_equal", ["<= becomes <", "<= negated"]),
    ">": ("greater", ["> becomes >=", "> negated"]),
    ">=": ("greater_equal", [">= becomes >", ">= negated"]),
    "==": ("equal", ["== negated"]),
    "!=": ("unequal", ["!= negated"]),
}
CONNECTIVES = {"&&": ("both", "&& becomes ||"), "||": ("either", "|| becomes &&")}
STATEMENTS = {KIND.CALL_EXPR, KIND.BINARY_OPERATOR, KIND.COMPOUND_ASSIGNMENT_OPERATOR,
              KIND.UNARY_OPERATOR, KIND.UNEXPOSED_EXPR}
BODIES = {KIND.COMPOUND_STMT, KIND.IF_STMT, KIND.CASE_STMT, KIND.DEFAULT_STMT,
          KIND.CXX_FOR_RANGE_STMT}
# Without these the same happens, only slower.
WITHOUT_EFFECT = ("reserve(",)
DELAYS = ("_us", "_ms", "_us_", "_ms_")
# Instants: twice the time of day is no delay.
INSTANTS = re.compile(r"(now|last|from|to|at|until|oldest|newest|good|group|followed|seen|entered"
                      r"|attempt|next_attempt|closing|opening|permit|.*source|.*source_time"
                      r"|.*since)_(us|ms)_?")
# Twice nothing is nothing.
AGAINST_ZERO = re.compile(r"\s*(==|!=|<|<=|>|>=) 0\b")
# The functions that look a transition up, in a namespace with `state_count` and `event_count`: the
# state that follows, and the field with its `next` and `why`. Who asks only for the field shows
# the table to people.
TRANSITION, FIELD = "next_state", "cell_of"
# The table itself, and what stands in it where the model asserts that an event cannot hold.
TABLE, IMPOSSIBLE = ("table", "next"), "i"


class Rewriter:
    """One source and the edits that make a schema of it."""

    def __init__(self, path, name, first_id):
        self.path, self.name, self.next_id = path, name, first_id
        self.text = pathlib.Path(path).read_bytes()
        self.edits, self.mutants, self.visited = [], [], 0
        self.first_transition = None

    def number(self, node, *whats):
        first = self.next_id
        for what in whats:
            self.mutants.append({"id": self.next_id, "file": self.name,
                                 "line": node.extent.start.line, "what": what})
            self.next_id += 1
        return first

    def wrap(self, node, before, after, end=None):
        """Around the node: outer ones first in front, last behind."""
        start = node.extent.start.offset
        end = node.extent.end.offset if end is None else end
        self.visited += 1
        self.edits.append((start, 1, self.visited, start, before))
        self.edits.append((end, 0, -self.visited, end, after))

    def replace(self, start, end, by):
        self.edits.append((start, 2, 0, end, by))

    def source_of(self, node):
        return self.text[node.extent.start.offset:node.extent.end.offset].decode()

    def line_of(self, node):
        start = self.text.rfind(b"\n", 0, node.extent.start.offset) + 1
        return self.text[start:self.text.find(b"\n", start)].decode()

    def is_ours(self, node):
        place = node.location.file
        return place is not None and os.path.samefile(place.name, self.path)

    def is_passed_over(self, node):
        line = self.line_of(node)
        return "assert(" in line or "constexpr" in line or "operator" in self.source_of(node)[:8]

    def operator_between(self, left, right):
        """Place and text of the operator between two operands."""
        start, end = left.extent.end.offset, right.extent.start.offset
        between = self.text[start:end].decode()
        sign = between.strip()
        if sign in COMPARISONS or sign in CONNECTIVES:
            return start + between.index(sign), sign
        return None, None

    def operands(self, node):
        children = list(node.get_children())
        if node.kind == KIND.BINARY_OPERATOR and len(children) == 2:
            return children[0], children[1]
        if node.kind == KIND.CALL_EXPR and node.spelling.startswith("operator") and len(children) == 3:
            return children[0], children[2]
        return None, None

    def binary(self, node):
        left, right = self.operands(node)
        if left is None or left.extent.end.offset > right.extent.start.offset:
            return
        at, sign = self.operator_between(left, right)
        if sign in COMPARISONS:
            function, whats = COMPARISONS[sign]
            first = self.number(node, *(f"{what}: {self.source_of(node)}" for what in whats))
            self.wrap(node, f"::voltaic::mutants::{function}({first}, ", ")")
            self.replace(at, at + len(sign), ",")
        elif sign in CONNECTIVES:
            function, what = CONNECTIVES[sign]
            first = self.number(node, f"{what}: {self.source_of(node)}")
            opening = "[&]() -> bool { return static_cast<bool>("
            self.wrap(node, f"::voltaic::mutants::{function}({first}, {opening}", "); })")
            self.replace(at, at + len(sign), f"); }}, {opening}")

    def is_effect(self, node, parent):
        if node.kind not in STATEMENTS or parent.kind not in BODIES:
            return False
        end = node.extent.end.offset
        rest = self.text[end:end + 4].decode(errors="replace")
        return rest.startswith(";") and not any(
            each in self.source_of(node) for each in WITHOUT_EFFECT)

    def effect(self, node):
        first = self.number(node, f"left out: {self.source_of(node)}")
        self.wrap(node, f"{{ if (::voltaic::mutants::keep({first})) ", "}",
                  node.extent.end.offset + 1)

    def is_delay(self, node, parent):
        return (node.kind in (KIND.DECL_REF_EXPR, KIND.MEMBER_REF_EXPR)
                and node.spelling.endswith(DELAYS) and not INSTANTS.fullmatch(node.spelling)
                and not AGAINST_ZERO.match(self.text[node.extent.end.offset:][:6].decode())
                and parent.kind == KIND.UNEXPOSED_EXPR
                and parent.extent.start.offset == node.extent.start.offset
                and parent.extent.end.offset == node.extent.end.offset
                and node.type.get_canonical().kind in (cl.TypeKind.LONG, cl.TypeKind.INT,
                                                       cl.TypeKind.UINT, cl.TypeKind.LONGLONG)
                and not node.type.is_volatile_qualified())

    @staticmethod
    def cells(table):
        """The names in the braces of a table's definition, row by row."""
        tokens = [each for each in table.get_tokens() if each.kind != cl.TokenKind.COMMENT]
        opening = next(at for at, each in enumerate(tokens) if each.spelling == "{")
        return [each.spelling for each in tokens[opening:]
                if each.kind == cl.TokenKind.IDENTIFIER]

    def transition(self, node):
        """Each cell of the table of transitions, wherever it is looked up."""
        sizes, names = {}, []
        for each in node.referenced.semantic_parent.get_children():
            if each.spelling in ("state_count", "event_count"):
                sizes[each.spelling] = int(list(each.get_tokens())[-1].spelling)
            if each.spelling == TABLE[0]:
                names += [cell for found in each.get_children() if found.spelling == TABLE[1]
                          for cell in self.cells(found)]
        states, events = sizes["state_count"], sizes["event_count"]
        if len(names) != states * events:
            sys.exit(f"schemata.py: {len(names)} cells in a table of {states} by {events}")
        if self.first_transition is None:
            self.first_transition = self.next_id
            for at, name in enumerate(names):
                first = self.number(node, f"transition of state {at // events} by event {at % events}")
                if name == IMPOSSIBLE:
                    self.mutants = [each for each in self.mutants if each["id"] != first]
        given = [self.source_of(each) for each in node.get_arguments()]
        function = "cell" if node.spelling == TRANSITION else "field"
        self.wrap(node, f"::voltaic::mutants::{function}({self.first_transition}, "
                  f"{given[0]}, {given[1]}, ", f", state::fault, {events})")

    def visit(self, node, parent):
        if self.is_passed_over(node):
            return
        if self.is_effect(node, parent):
            self.effect(node)
        if node.kind == KIND.CALL_EXPR and (
                node.spelling == TRANSITION
                or (node.spelling == FIELD and (TRANSITION + "(").encode() in self.text)):
            return self.transition(node)
        if node.kind in (KIND.BINARY_OPERATOR, KIND.CALL_EXPR):
            # Where a loop ends is no decision; beyond it nothing is defined.
            if parent.kind != KIND.FOR_STMT:
                self.binary(node)
        elif node.kind == KIND.CXX_BOOL_LITERAL_EXPR and parent.kind == KIND.RETURN_STMT:
            first = self.number(node, f"negated: return {self.source_of(node)}")
            self.wrap(node, f"::voltaic::mutants::flip({first}, ", ")")
        elif self.is_delay(node, parent):
            what = self.source_of(node)
            first = self.number(node, f"doubled: {what}", f"halved: {what}")
            self.wrap(node, f"::voltaic::mutants::delay({first}, ", ")")
        for child in node.get_children():
            self.visit(child, node)

    def rewritten(self):
        out, at = [], 0
        for start, _, _, end, by in sorted(self.edits, key=lambda edit: edit[:3]):
            out += [self.text[at:start].decode(), by]
            at = end
        out.append(self.text[at:].decode())
        return '#include "mutants/switch.hpp"\n' + "".join(out)


def arguments_of(commands, path):
    for each in commands:
        if os.path.realpath(os.path.join(each["directory"], each["file"])) == os.path.realpath(path):
            given = shlex.split(each["command"])
            return [a for a in given if a.startswith(("-I", "-D", "-std", "-isystem"))], each["directory"]
    sys.exit(f"schemata.py: {path} is in no compile command")


def main():
    commands = json.loads(pathlib.Path(sys.argv[1]).read_text())
    # Parsing leaves libclang in the folder of the compile command.
    out = pathlib.Path(sys.argv[2]).absolute()
    sources = [os.path.abspath(path) for path in sys.argv[3:]]
    out.mkdir(parents=True, exist_ok=True)
    mutants, next_id = [], 1
    for path in sources:
        arguments, folder = arguments_of(commands, path)
        unit = cl.Index.create().parse(path, args=arguments + ["-working-directory=" + folder])
        wrong = [d for d in unit.diagnostics if d.severity >= cl.Diagnostic.Error]
        if wrong:
            sys.exit(f"schemata.py: {path}: {wrong[0]}")
        name = "/".join(pathlib.Path(path).parts[-3:])
        rewriter = Rewriter(path, name, next_id)
        for node in unit.cursor.get_children():
            if rewriter.is_ours(node):
                rewriter.visit(node, unit.cursor)
        (out / name.replace("/", "_")).write_text(rewriter.rewritten())
        mutants += rewriter.mutants
        next_id = rewriter.next_id
    (out / "mutants.json").write_text(json.dumps(mutants, indent=1) + "\n")
    print(f"{len(mutants)} mutants of {len(sources)} sources")


if __name__ == "__main__":
    main()

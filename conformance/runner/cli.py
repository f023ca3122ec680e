# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The commands of conformance/run."""

from __future__ import annotations

import argparse
import datetime
import difflib
import errno
import fnmatch
import importlib
import io
import json
import math
import os
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import adapter_check, copying, expectations, output, smoke
from .case import LEVELS, RESPONDER, ROLES, Case, Result, Run
from .corpus import Corpus, CorpusError, load
from .run import LOST, Options, Session
from .testee import CannotStart, Testee
from .testee_exec import ExecTestee
from .testee_pipe import PipeTestee
from .testee_so import SoTestee
from .verdict import idle, skips

GOOD, BAD, USAGE = 0, 1, 2
MOST_JOBS = 128  # each wants some open files
HOME = Path(__file__).resolve().parents[1]
STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
KINDS = {"ktap": "ktap", "jsonl": "jsonl", "junit": "junit", "html": "html", "md": "markdown"}


class Usage(Exception):
    """Wrong usage; the text says what."""


def main(words: list[str] | None = None) -> int:
    args = parser().parse_args(words)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        status = args.verb(args)
        sys.stdout.flush()
        return status
    except (Usage, CorpusError, CannotStart, expectations.Unusable) as error:
        print(f"conformance/run: {error}", file=sys.stderr)
    except BrokenPipeError:
        output.unread(sys.stdout)
        if args.verb in (do_list, do_explain):
            return GOOD  # whoever reads has seen enough
        print("conformance/run: nobody reads standard output", file=sys.stderr)
    except Interrupted as error:
        print("conformance/run: interrupted, no report is written", file=sys.stderr)
        return 128 + error.number
    except OSError as error:
        output.unread(sys.stdout)
        print(f"conformance/run: {error.filename or 'standard output'}: {error.strerror or error}",
              file=sys.stderr)
    return USAGE


class Interrupted(KeyboardInterrupt):
    """A signal came; its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _interrupted(number: int, _frame: Any) -> None:
    """Once: what is under way is ended in seconds, and a second signal would leave some of it."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    raise Interrupted(number)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="conformance/run", description="Checks any reader or producer of VFIO device "
        "descriptions against the corpus. conformance/PROTOCOL.md says how to attach one.",
        epilog="Exit status: 0 all as expected, 1 not, 2 wrong usage, 130 or 143 interrupted.")
    top.add_argument("--corpus", type=Path, default=HOME / "corpus", metavar="DIR",
                     help="another corpus than the one beside this program")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    one = verbs.add_parser("list", help="the cases, one a line")
    _selection(one)
    one.add_argument("--rules", action="store_true", help="the rules instead")
    one.add_argument("--json", action="store_true", help="as JSON lines")
    one.set_defaults(verb=do_list)

    one = verbs.add_parser("run", help="run cases against a testee")
    _testee(one)
    _selection(one)
    one.add_argument("--jobs", type=_jobs, default=None, metavar="N",
                     help="testees at the same time")
    one.add_argument("--limit", type=_count, default=0, metavar="N",
                     help="stop after N failures")
    one.add_argument("--give-up", type=_number, default=LOST, metavar="SECONDS",
                     help="stop when crashes have cost that much; 0: never (default %(default)g)")
    one.add_argument("--absent", metavar="WHY",
                     help="the testee cannot be had: report every case as not run, for that reason")
    one.add_argument("--own", action="store_true",
                     help="rules of level ours and seen count too")
    one.add_argument("--expect", type=Path, metavar="FILE", help="known failures")
    one.add_argument("--update", action="store_true", help="rewrite the file of --expect")
    _reports(one)
    one.set_defaults(verb=do_run)

    one = verbs.add_parser("explain", help="a case, or the cases of a rule")
    one.add_argument("id")
    one.set_defaults(verb=do_explain)

    one = verbs.add_parser("copy", help="export the corpus for vendoring")
    one.add_argument("folder", type=Path, metavar="DIR")
    one.set_defaults(verb=do_copy)

    one = verbs.add_parser("smoke", help="a handful of cases that any adapter must get right")
    _testee(one)
    one.set_defaults(verb=do_smoke)

    one = verbs.add_parser("adapter-check", help="check that an adapter keeps to the protocol")
    _testee(one)
    one.set_defaults(verb=do_adapter_check)

    one = verbs.add_parser("report", help="make reports of saved JSON lines")
    one.add_argument("runs", nargs="+", type=Path, metavar="RUN.jsonl")
    _reports(one)
    for kind in KINDS:
        one.add_argument(f"--{kind}", metavar="FILE", help=f"the same as --report {kind}=FILE")
    one.set_defaults(verb=do_report)
    return top


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _jobs(text: str) -> int:
    if _count(text) > MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text} is more than {MOST_JOBS}")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def _levels(text: str) -> tuple[str, ...]:
    levels = tuple(text.split(","))
    for one in levels:
        if one not in LEVELS:
            raise argparse.ArgumentTypeError(f"{one!r} is none of {', '.join(LEVELS)}")
    return levels


def _seconds(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 3600")
    return number


def _selection(one: argparse.ArgumentParser) -> None:
    one.add_argument("--only", action="append", default=[], metavar="GLOB",
                     help="cases whose id, rule or format matches (repeatable)")
    one.add_argument("--role", choices=(*ROLES, RESPONDER), help="cases of one role")
    one.add_argument("--level", type=_levels, default=(), metavar="L,L",
                     help=f"cases of these levels ({', '.join(LEVELS)}), and those that break no "
                     "rule; run shows the others as not run")


def _testee(one: argparse.ArgumentParser) -> None:
    how = one.add_mutually_exclusive_group(required=True)
    how.add_argument("--exec", metavar="CMD", help="a command that tells by its exit status")
    how.add_argument("--pipe", metavar="CMD", help="a command that speaks PROTOCOL.md")
    how.add_argument("--so", metavar="FILE", help="a shared object with devfd_testee()")
    one.add_argument("--timeout", type=_seconds, default=1.0, metavar="SECONDS",
                     help="for each case (default %(default)g)")
    one.add_argument("--name", help="of the testee, for reports")
    one.add_argument("--testee-version", metavar="TEXT", help="of the testee, for reports")
    one.add_argument("--package", metavar="TEXT", help="that the testee comes from, for reports")
    one.add_argument("--formats", metavar="F,F", help="formats that the command of --exec reads")
    one.add_argument("--skips", metavar="GLOB,GLOB", help="rules of capabilities or of records "
                     "in records that the command of --exec takes for unknown")


def _reports(one: argparse.ArgumentParser) -> None:
    one.add_argument("--report", action="append", default=[], metavar="KIND=FILE",
                     help=f"write a report ({', '.join(KINDS)}); - is standard output")


def _attach(args: argparse.Namespace) -> tuple[Callable[[], Testee], dict[str, Any]]:
    """A maker of testees, and what the reports say of it beside its hello."""
    attached = next(one for one in ("exec", "pipe", "so") if getattr(args, one) is not None)
    command = getattr(args, attached)
    if not command.strip():
        raise Usage(f"--{attached}: the command is empty")
    about = {"command": command, "attached": attached}
    for key, value in (("name", args.name), ("version", args.testee_version),
                       ("package", args.package)):
        if value and not value.isprintable():
            raise Usage(f"{value!r}: the {key} of a testee is one line of what can be printed")
        if value:
            about[key] = value
    if args.formats and not args.exec:
        raise Usage("--formats goes with --exec alone: others tell their formats themselves")
    if args.skips and not args.exec:
        raise Usage("--skips goes with --exec alone: others tell what they skip themselves")
    if args.exec:
        hello: dict[str, Any] = {}
        if args.formats:
            hello["formats"] = ["" if one == "auto" else one for one in args.formats.split(",")]
        if args.skips:
            hello["skips"] = args.skips.split(",")
        if getattr(args, "role", None):
            hello["roles"] = [args.role]
        return lambda: ExecTestee(args.exec, args.timeout, hello), about
    if args.pipe:
        return lambda: PipeTestee(args.pipe, args.timeout), about
    return lambda: SoTestee(args.so, args.timeout), about


def _select(corpus: Corpus, args: argparse.Namespace) -> list[Case]:
    cases = [case for case in corpus.cases if args.role in (None, case.role)]
    if args.only:
        globs = [re.compile(fnmatch.translate(glob)) for glob in args.only]
        cases = [case for case in cases if any(
            glob.match(name) for glob in globs
            for name in (case.id, case.format or "", *case.rules))]
        for glob, text in zip(globs, args.only):
            if not any(glob.match(name) for case in cases
                       for name in (case.id, case.format or "", *case.rules)):
                raise Usage(f"--only {text} matches no case")
    if not cases:
        raise Usage("no case is selected")
    return cases


def do_list(args: argparse.Namespace) -> int:
    corpus = load(args.corpus)
    cases = _select(corpus, args)
    if args.level:
        cases = [case for case in cases if case.level is None or case.level in args.level]
    if args.rules:
        for rule in dict.fromkeys(rule for case in cases for rule in case.rules):
            about = corpus.rules.get(rule, {})
            number = sum(rule in case.rules for case in cases)
            row = {"rule": rule, "level": about.get("level"), "cases": number,
                   "text": about.get("text")}
            print(json.dumps(row) if args.json else
                  f"{rule}\t{row['level'] or '-'}\t{number}\t{row['text'] or ''}")
        return GOOD
    for case in cases:
        row = {"id": case.id, "format": case.format, "role": case.role, "level": case.level,
               "class": case.cls, "verdict": case.want.verdict, "rules": case.rules}
        print(json.dumps(row) if args.json else
              "\t".join(str(row[key] or "-") for key in list(row)[:-1]))
    return GOOD


def _kinds(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Pairs of kind and file, checked before anything is run."""
    pairs = []
    for word in args.report:
        kind, equals, name = word.partition("=")
        if kind not in KINDS or not equals or not name:
            raise Usage(f"--report {word}: wants KIND=FILE, and KIND is {', '.join(KINDS)}")
        pairs.append((kind, name))
    pairs += [(kind, name) for kind in KINDS if (name := getattr(args, kind, None))]
    pairs = [(kind, "-" if name in STDOUT else name) for kind, name in pairs]
    for kind, name in pairs:
        if name != "-":
            _writable(Path(name))
    if sum(name == "-" for _, name in pairs) > 1:
        raise Usage("one report alone can go to standard output")
    return pairs


def _writable(path: Path) -> None:
    """Told before a run of minutes, not after it."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise Usage(f"{path}: its folder does not exist")
    if path.is_dir():
        raise Usage(f"{path}: is a folder")
    try:
        if not path.exists() or path.is_file():  # it is replaced, not written to
            tempfile.TemporaryFile(dir=folder).close()
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Usage(f"{path}: cannot be written: {error.strerror}") from None


def _write_reports(runs: list[Run], pairs: list[tuple[str, str]]) -> None:
    texts = []
    for kind, name in pairs:
        text = io.StringIO()
        importlib.import_module(f".report_{KINDS[kind]}", __package__).write(runs, text)
        texts.append((name, text.getvalue()))
    for name, written in texts:
        if name == "-":
            sys.stdout.write(written)
            sys.stdout.flush()
            continue
        try:
            output.write_whole(Path(name), written)
        except BrokenPipeError:
            raise Usage(f"{name}: nobody reads it") from None
        except OSError as error:
            raise Usage(f"{name}: {error.strerror or error}") from None


def do_run(args: argparse.Namespace) -> int:
    if args.update and not args.expect:
        raise Usage("--update rewrites the file of --expect, and none is given")
    pairs = _kinds(args)
    corpus = load(args.corpus)
    cases = _select(corpus, args)
    entries = []
    if args.expect and not (args.update and not args.expect.exists()):
        try:
            entries = expectations.load(args.expect)
        except expectations.Unusable:
            if not args.update:
                raise
    make, about = _attach(args)
    strange = set((args.formats or "auto").split(",")) - {"auto", "*", *corpus.formats}
    if strange:
        raise Usage(f"--formats {', '.join(sorted(strange))}: the corpus has none of that name; it "
                    f"has auto (told by the first bytes), {', '.join(corpus.formats)}")
    if args.absent:
        return _absent(args, corpus, cases, about, pairs)
    jobs = args.jobs or (os.cpu_count() or 1)
    bar = output.Bar()
    session = Session(make, cases, Options(jobs, args.limit, args.own, args.give_up,
                                           args.level, corpus.rules), bar)
    try:
        run = session.run(corpus.label, about)
    finally:
        bar.clear()
    missing = 0
    if args.update:
        missing = expectations.update(args.expect, run, corpus.cases)
        if not missing:
            entries = expectations.load(args.expect)
    unexpected = expectations.apply(run, entries, corpus=corpus.cases)
    if not any(one.outcome != "skip" for one in run.results):
        unexpected.append("no case was run")
    unexpected += skips(run.testee, corpus.rules)[1]
    unexpected += idle(run.results, {**session.hello, "skips": session.excused})
    _write_reports([run], pairs)
    out = output.Heard(sys.stderr if any(name == "-" for _, name in pairs) else sys.stdout)
    for line in output.summary(run, corpus.rules, unexpected):
        out.write(line + "\n")
    if missing:
        out.write(f"{args.expect}: {missing} entries want a reason\n")
    hint = smoke.always_the_same(run.results, about["attached"])
    if unexpected and hint:
        out.write(f"help: {hint}\n")
    out.write("all as expected\n" if not unexpected else f"{len(unexpected)} not as expected\n")
    out.flush()
    return BAD if unexpected else GOOD


def _absent(args: argparse.Namespace, corpus: Corpus, cases: list[Case], about: dict[str, Any],
            pairs: list[tuple[str, str]]) -> int:
    """A run in which nothing was run, so that a page of many runs shows what is missing from it."""
    command = Path(about["command"].split()[0]).name
    about = {"name": command, "version": "", "formats": [], "roles": [], "tells": [],
             "scripts": False, **about}
    started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    reason = f"not run: {args.absent}"
    results = [Result(case, "skip", detail=reason, left_out=True) for case in cases]
    _write_reports([Run(about, started, corpus.label, results)], pairs)
    print(f"{about['name']}: {reason}",
          file=sys.stderr if any(name == "-" for _, name in pairs) else sys.stdout)
    return GOOD


def do_explain(args: argparse.Namespace) -> int:
    corpus = load(args.corpus)
    cases = {case.id: case for case in corpus.cases}
    if args.id in cases:
        for line in output.explain(cases[args.id], corpus.rules):
            print(line)
        return GOOD
    of_rule = [case for case in corpus.cases if args.id in case.rules]
    if of_rule:
        about = corpus.rules.get(args.id, {})
        print(f"{args.id} ({about.get('level') or of_rule[0].level}): {about.get('text', '')}")
        for case in of_rule:
            if case.family != "prefix":
                print(f"  {case.id}\t{case.want.verdict}")
        return GOOD
    names = {*cases, *(rule for case in corpus.cases for rule in case.rules)}
    close = difflib.get_close_matches(args.id, sorted(names), 3)
    hint = f"; close to it: {', '.join(close)}" if close else ""
    raise Usage(f"{args.id}: neither a case nor a rule{hint}")


def do_copy(args: argparse.Namespace) -> int:
    load(args.corpus)
    number = copying.copy(HOME, args.corpus, args.folder)
    print(f"{args.folder}: {number} files")
    return GOOD


def do_smoke(args: argparse.Namespace) -> int:
    make, about = _attach(args)
    out = output.Heard(sys.stdout)
    bad = smoke.check(load(args.corpus), make, out, about["attached"])
    out.flush()
    return BAD if bad else GOOD


def do_adapter_check(args: argparse.Namespace) -> int:
    corpus = load(args.corpus)
    make, _ = _attach(args)
    out = output.Heard(sys.stdout)
    if args.exec:
        bad = adapter_check.check_exec(corpus, make, out)
    else:
        words = shlex.split(args.pipe) if args.pipe else SoTestee(args.so, args.timeout).words
        bad = adapter_check.check(corpus, words, args.timeout, out)
    out.flush()
    return BAD if bad else GOOD


def do_report(args: argparse.Namespace) -> int:
    pairs = _kinds(args)
    if not pairs:
        raise Usage("report: says what to read and not what to write: add --html=FILE, for example")
    jsonl = importlib.import_module(".report_jsonl", __package__)
    try:
        runs = [jsonl.read(path) for path in args.runs]
    except (ValueError, jsonl.Unreadable) as error:
        raise Usage(str(error)) from None
    _write_reports(runs, pairs)
    return GOOD

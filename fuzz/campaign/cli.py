# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The commands of fuzz/run."""
from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from .engines import ENGINES
from .figures import figures, status
from .house import FUZZ, ROOT, House, Problem, given_inputs, shown
from .pack import unpack_committed
from .state import State, alone, read_whole, write_whole

# What a command needs beyond this is imported where it is used: the oracle wants Debian's
# python3-yaml, the plot python3-matplotlib, a campaign neither.


def add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz" / "campaign",
                        metavar="DIR", help="state, corpora, logs (default: build/fuzz/campaign)")


def add_target(parser: argparse.ArgumentParser, default: str | None = "all") -> None:
    parser.add_argument("--target", "--targets", default=default, required=default is None,
                        metavar="T,...", help="names with commas, or all (default: all)")


class Parser(argparse.ArgumentParser):
    """A wrong word is told in one line, as all errors are."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def arguments(words: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="fuzz/run", description="Fuzzing campaigns of devfd.",
                    epilog="Exit status: 0 good; 1 something was found; 2 wrong usage or an "
                    "error; 130 stopped by Ctrl-C or SIGTERM.")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help=argparse.SUPPRESS)
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("campaign", help="run an engine on targets in turn; resumes")
    add_target(one)
    one.add_argument("--engine", choices=sorted(ENGINES), default="libfuzzer")
    one.add_argument("--seconds", type=whole, default=60, metavar="N", help="of each target")
    one.add_argument("--jobs", type=whole, default=1, metavar="J", help="processes of a target")
    one.add_argument("--option", action="append", default=[], metavar="-NAME=VALUE",
                     help="handed on to libFuzzer, for example --option=-use_value_profile=1")
    one.add_argument("--minimise-seconds", type=int, default=20, metavar="N",
                     help="for a smaller input of each finding (default: %(default)s)")
    one.add_argument("--no-spec", action="store_true",
                     help="do not look at what the corpus reaches of the spec")
    add_out(one)

    one = commands.add_parser("status", help="figures of the campaign so far")
    add_out(one)

    one = commands.add_parser("minimise", help="minimise the corpora of the campaign by coverage")
    add_target(one)
    add_out(one)

    one = commands.add_parser("reach", help="spec coverage and code coverage of corpora")
    add_target(one)
    one.add_argument("--no-code", action="store_true", help="spec coverage alone")
    one.add_argument("--missing", action="store_true", help="list what was not reached")
    one.add_argument("--json", type=Path, metavar="FILE",
                     help="(default: build/fuzz/reach.json)")
    one.add_argument("paths", nargs="*", type=Path, metavar="FILE|DIR",
                     help="inputs (default: the corpus of the campaign, seeds, regressions)")
    add_out(one)

    one = commands.add_parser("gain", help="what our mutator gains, as a table and a plot")
    add_target(one)
    one.add_argument("--seeds", default="1..5", metavar="1..5")
    one.add_argument("--seconds", default="10,60", metavar="10,60")
    one.add_argument("--jobs", type=whole, default=2, metavar="N", help="runs at a time")
    one.add_argument("--plot", type=Path, default=FUZZ / "gain.svg", metavar="FILE")
    one.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz" / "gain.json",
                     metavar="FILE", help="all figures; a second start goes on from it")

    one = commands.add_parser("oracle", help="put corpora to the Python oracle and to the judge")
    add_target(one)
    one.add_argument("paths", nargs="*", type=Path, metavar="FILE|DIR")
    add_out(one)

    one = commands.add_parser("pack", help="write fuzz/corpus/TARGET.zip from the campaign")
    add_target(one)
    add_out(one)

    one = commands.add_parser("speed", help="executions a second, beside a target of nothing")
    add_target(one)
    one.add_argument("--seconds", type=whole, default=10, metavar="N", help="of each of four runs")

    one = commands.add_parser("figures", help="the tables of RESULTS.md")
    add_out(one)
    return parser.parse_args(words)


def corpora(args: argparse.Namespace, house: House, targets: list[str]) -> dict[str, list[Path]]:
    """By target the paths that were named, or else all that there is of it; where no campaign has
    run yet, its corpus is the committed one, with which it would begin."""
    if args.paths:
        if len(targets) != 1:
            raise Problem("inputs are of one target: name it by --target")
        return {targets[0]: args.paths}
    for target in targets:
        if not (args.out / "corpus" / target).is_dir():
            unpack_committed(target, args.out / "corpus" / target)
    found = {target: [path for path in [args.out / "corpus" / target, *given_inputs(target)]
                      if path.is_dir() and any(path.iterdir())] for target in targets}
    return {target: paths for target, paths in found.items() if paths}


def run_campaign(args: argparse.Namespace, house: House) -> int:
    from .campaign import Plan, campaign
    plan = Plan(house, args.out, args.engine, args.seconds, args.jobs, args.option,
                args.minimise_seconds, not args.no_spec)
    with alone(args.out):
        return campaign(plan, house.choose(args.target))


def run_status(args: argparse.Namespace, _house: House) -> int:
    state = State(args.out / "state.json")
    print(status(state))
    return 1 if state.finding_count() else 0


def run_minimise(args: argparse.Namespace, house: House) -> int:
    from .campaign import Plan, shrink
    plan = Plan(house, args.out, "libfuzzer", 0, 0, [])
    targets = [one for one in house.choose(args.target) if plan.corpus(one).is_dir()]
    house.make_variant("libfuzzer", targets)
    with alone(args.out):
        for target in targets:
            before, after = shrink(plan, target, given_inputs(target), lambda: False)
            print(f"{target}: {before} inputs before, {after} after")
    return 0


def run_reach(args: argparse.Namespace, house: House) -> int:
    from . import coverage, reach
    inputs = corpora(args, house, house.choose(args.target))
    if not inputs:
        raise Problem("there is no corpus yet: name files, or run a campaign first")
    reached = {target: reach.reach_of(house, target, paths) for target, paths in inputs.items()}
    everything = reach.together(reached.values())
    result: dict[str, Any] = {
        "schema": "devfd-fuzz-reach-1", "spec_table": reach.table(reached),
        "never": sorted(everything.points - everything.reached),
        "targets": {target: one.as_json() for target, one in reached.items()},
    }
    print(result["spec_table"])
    if args.missing:
        for target, one in reached.items():
            for name in one.missing():
                print(f"{target}: not reached: {name}")
    if not args.no_code:
        result["coverage"] = coverage.coverage(house, inputs)
        result["coverage_table"] = coverage.table(result["coverage"])
        print("\n" + result["coverage_table"])
    path = args.json or args.build / "fuzz" / "reach.json"
    write_whole(path, json.dumps(result, indent=1) + "\n")
    return 0


def run_gain(args: argparse.Namespace, house: House) -> int:
    from . import gain, plot
    from .framing import formats_of
    from .reach import known_points
    data = gain.gain(house, house.choose(args.target), gain.numbers(args.seeds),
                     sorted(gain.numbers(args.seconds)), args.out, args.jobs)
    known = {target: len(known_points(house, formats_of(target)))
             for target in gain.targets_of(data)}
    plot.write(data, known, args.plot)
    print(gain.table(data))
    print(f"\n{shown(args.plot)}", file=sys.stderr)
    return 0


def run_oracle(args: argparse.Namespace, house: House) -> int:
    from .oracle import oracle
    return oracle(house, corpora(args, house, house.choose(args.target)))


def run_pack(args: argparse.Namespace, house: House) -> int:
    from .pack import pack
    print(pack({target: args.out / "corpus" / target for target in house.choose(args.target)}))
    return 0


def run_speed(args: argparse.Namespace, house: House) -> int:
    from .speed import speed
    print(speed(house, house.choose(args.target), args.seconds))
    return 0


def run_figures(args: argparse.Namespace, _house: House) -> int:
    path = args.build / "fuzz" / "reach.json"
    reached = read_whole(path, "an answer of fuzz/run reach") if path.is_file() else None
    print(figures(State(args.out / "state.json"), reached))
    return 0


def main(words: list[str] | None = None) -> int:
    args = arguments(words)
    commands = {"campaign": run_campaign, "status": run_status, "minimise": run_minimise,
                "reach": run_reach, "gain": run_gain, "oracle": run_oracle, "pack": run_pack,
                "speed": run_speed, "figures": run_figures}
    try:
        return commands[args.command](args, House(args.build.resolve(), args.made))
    except Problem as problem:
        print(f"fuzz/run: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head`: what is left to say goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        place = error.filename or getattr(args, "out", args.build)
        print(f"fuzz/run: {place}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130

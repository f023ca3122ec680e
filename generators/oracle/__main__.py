# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Command line of the oracle: judges one file and prints the verdict as one line of JSON."""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import SpecError, load

SPEC = Path(__file__).resolve().parents[2] / "spec"


def read(name: str) -> bytes:
    """The whole file; - is stdin."""
    if name == "-":
        return sys.stdin.buffer.read()
    return Path(name).read_bytes()


def main() -> int:
    """0 accept, 1 reject or need-more, 2 wrong usage or I/O error."""
    parser = argparse.ArgumentParser(
        prog="oracle", description="Judge FILE as the specification says.")
    parser.add_argument("file", metavar="FILE", help="input, - is stdin")
    parser.add_argument("--format", help="tlv, array, fixed or linux.REPLY (default: by magic)")
    parser.add_argument("--index", type=lambda text: int(text, 0), default=0, metavar="N",
                        help="index that was asked for (linux)")
    parser.add_argument("--order", choices=("little", "big"), default="little",
                        help="byte order of a reply (linux)")
    parser.add_argument("--role", choices=("reader", "producer"), default="reader")
    parser.add_argument("--spec", type=Path, default=SPEC, metavar="DIR",
                        help="folder of the specification")
    args = parser.parse_args()
    try:
        verdict = load(args.spec).judge(read(args.file), args.format, index=args.index,
                                        order=args.order, role=args.role)
        print(json.dumps(verdict.as_dict()), flush=True)
    except (OSError, SpecError, ValueError) as error:
        print(f"oracle: {error}", file=sys.stderr)
        return 2
    return 0 if verdict.verdict == "accept" else 1


if __name__ == "__main__":
    sys.exit(main())

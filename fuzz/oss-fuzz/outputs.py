# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Checks what lies in $OUT without running it: names, files beside targets, ELF, calls."""

from __future__ import annotations

import configparser
import re
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9_-]+")
# What may lie beside a target, by what follows its name.
BESIDE = (".dict", ".options", "_seed_corpus.zip")


@dataclass(frozen=True)
class Build:
    """What was asked for, in the words of the variables that build.sh is given."""

    sanitizer: str = "address"
    engine: str = "libfuzzer"
    architecture: str = "x86_64"

    def __str__(self) -> str:
        return f"{self.sanitizer}/{self.engine}/{self.architecture}"


@dataclass
class Output:
    """A folder $OUT, and what it has to hold."""

    path: Path
    build: Build
    # Names that have to be there; empty where that is not known.
    expected: tuple[str, ...] = ()
    # Names that may be left out if the build said why.
    optional: tuple[str, ...] = ()
    log: str = ""
    # Names of targets that bring a mutator of their own.
    mutated: tuple[str, ...] = ()

    def targets(self) -> list[str]:
        """Programs, which is what the engines' tools take for targets: executable and ELF."""
        return [one.name for one in sorted(self.path.iterdir()) if is_elf(one)]

    def options(self, target: str) -> dict[str, str]:
        """The flags of libFuzzer that NAME.options asks for; none if it cannot be read."""
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(self.path / f"{target}.options", encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            return {}
        return dict(parser["libfuzzer"]) if parser.has_section("libfuzzer") else {}


@dataclass
class Verdict:
    """What a check found: faults that fail it, and a line of what it saw."""

    summary: str = ""
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


Check = Callable[[Output], Verdict]


# ---- Names ----


def is_elf(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_mode & 0o111:
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def owner(name: str, targets: list[str]) -> bool:
    return any(name == target + suffix for target in targets for suffix in BESIDE)


def names(output: Output) -> Verdict:
    """Targets are named by letters, digits, _ and -; nothing lies in $OUT that belongs to none."""
    targets = output.targets()
    verdict = Verdict(f"{len(targets)} targets")
    if not targets:
        verdict.faults.append("no target: no executable ELF file")
    verdict.faults += [
        f"{target}: a target's name has letters, digits, _ and - alone"
        for target in targets
        if not NAME.fullmatch(target)
    ]
    others = sorted(one.name for one in output.path.iterdir() if one.name not in targets)
    verdict.faults += [f"{one}: belongs to no target" for one in others if not owner(one, targets)]
    return verdict


def complete(output: Output) -> Verdict:
    """Each target that is expected is there; one that was left out was said to be."""
    targets = output.targets()
    left_out = [one for one in output.optional if one in output.expected and one not in targets]
    missing = [one for one in output.expected if one not in targets and one not in left_out]
    verdict = Verdict(f"{len(targets)} of {len(output.expected)} there")
    verdict.faults += [f"{one}: is not there" for one in missing]
    for one in left_out:
        said = re.search(rf"^.*\b{re.escape(one)}\b.*left out.*$", output.log, re.MULTILINE)
        if said:
            verdict.summary += f"; the build said \"{said.group(0).strip()}\""
        else:
            verdict.faults.append(f"{one}: is not there, and the build did not say \"left out\"")
    verdict.faults += [
        f"{one}: is not in the list of targets"
        for one in targets
        if output.expected and one not in output.expected
    ]
    return verdict


# ---- Files beside a target ----

# As both engines read a line: an optional name, with a level for AFL++, then a quoted value.
ENTRY = re.compile(
    r'\s*(?:[A-Za-z0-9_]+(?:@[0-9]+)?\s*=?\s*)?"((?:[^"\\]|\\["\\]|\\x[0-9A-Fa-f]{2})+)"\s*'
)
SYNTAX = r'NAME="VALUE" with \\, \" and \xNN'
ESCAPE = re.compile(r"\\x..|\\.")
# libFuzzer ignores longer words without a message.
LONGEST_WORD = 64


def dictionary_faults(data: bytes) -> tuple[int, list[str]]:
    """How many entries, and what is wrong by line."""
    entries = 0
    faults = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        if not raw.strip() or raw.lstrip().startswith(b"#"):
            continue
        line = raw.decode("latin-1")
        if any(not 0x20 <= ord(letter) <= 0x7E and letter not in "\t\r" for letter in line):
            faults.append(f"line {number}: a byte that is not printable ASCII; write it \\xNN")
            continue
        match = ENTRY.fullmatch(line)
        if match is None:
            faults.append(f"line {number}: is not {SYNTAX}: {line.strip()}")
            continue
        entries += 1
        length = len(ESCAPE.sub(".", match.group(1)))
        if length > LONGEST_WORD:
            faults.append(f"line {number}: {length} bytes, of which libFuzzer takes {LONGEST_WORD}")
    if not entries and not faults:
        faults.append("no entry")
    return entries, faults


def dictionaries(output: Output) -> Verdict:
    verdict = Verdict()
    entries = 0
    for target in output.targets():
        path = output.path / f"{target}.dict"
        if not path.is_file():
            verdict.faults.append(f"{path.name}: is not there")
            continue
        count, faults = dictionary_faults(path.read_bytes())
        entries += count
        verdict.faults += [f"{path.name}: {fault}" for fault in faults]
    verdict.summary = f"{entries} entries"
    return verdict


SECTIONS = ("libfuzzer", "afl", "honggfuzz", "centipede", "asan", "msan", "ubsan", "env")
# Flags of libFuzzer that make sense in a file of options: each takes a number.
NUMBERS = frozenset(
    "close_fd_mask cross_over detect_leaks entropic keep_seed len_control malloc_limit_mb max_len "
    "max_total_time mutate_depth only_ascii prefer_small reduce_depth reduce_inputs rss_limit_mb "
    "report_slow_units shrink shuffle timeout use_cmp use_counters use_memmem use_value_profile"
    "".split()
)


def option_faults(output: Output, path: Path) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        return [f"{path.name}: {' '.join(str(error).split())}"]
    faults = [
        f"{path.name}: [{section}]: the engines know of {', '.join(SECTIONS)}"
        for section in parser.sections()
        if section not in SECTIONS
    ]
    if not parser.has_section("libfuzzer"):
        return faults
    for key, value in parser["libfuzzer"].items():
        if key == "dict":
            if not (output.path / value).is_file():
                faults.append(f"{path.name}: dict = {value}: is not in $OUT")
        elif key not in NUMBERS:
            faults.append(f"{path.name}: {key}: is no flag of libFuzzer for a file of options")
        elif not re.fullmatch(r"-?[0-9]+", value):
            faults.append(f"{path.name}: {key} = {value}: is not a number")
    return faults


def options(output: Output) -> Verdict:
    verdict = Verdict()
    lengths = set()
    for target in output.targets():
        path = output.path / f"{target}.options"
        if not path.is_file():
            verdict.faults.append(f"{path.name}: is not there")
            continue
        verdict.faults += option_faults(output, path)
        lengths.add(output.options(target).get("max_len", "none"))
    verdict.summary = f"max_len {', '.join(sorted(lengths))}"
    return verdict


# Larger files are no seeds: AFL++ refuses them, and every mutation would copy them.
LARGEST_SEED = 1 << 20


def zip_faults(path: Path, max_len: int) -> tuple[int, list[str]]:
    """How many seeds, and what is wrong with the file or with one of them."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        return 0, [f"is no zip: {error}"]
    with archive:
        seeds = [one for one in archive.infolist() if not one.is_dir()]
        faults = [] if seeds else ["holds no seed"]
        try:
            broken = archive.testzip()
        except (RuntimeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            return len(seeds), faults + [f"cannot be read: {error}"]
    if broken is not None:
        faults.append(f"{broken}: its checksum is wrong")
    if len({one.filename for one in seeds}) != len(seeds):
        faults.append("two seeds have the same name")
    for one in seeds:
        if one.filename.startswith("/") or ".." in Path(one.filename).parts:
            faults.append(f"{one.filename}: leads out of the folder that it is unpacked in")
        if not one.file_size:
            faults.append(f"{one.filename}: is empty")
        if one.file_size > LARGEST_SEED:
            faults.append(f"{one.filename}: {one.file_size} bytes, at most {LARGEST_SEED}")
        elif max_len and one.file_size > max_len:
            faults.append(f"{one.filename}: {one.file_size} bytes, cut at max_len {max_len}")
    return len(seeds), faults


def seeds(output: Output) -> Verdict:
    verdict = Verdict()
    count = 0
    for target in output.targets():
        path = output.path / f"{target}_seed_corpus.zip"
        if not path.is_file():
            verdict.faults.append(f"{path.name}: is not there")
            continue
        max_len = output.options(target).get("max_len", "0")
        number, faults = zip_faults(path, int(max_len) if max_len.isdigit() else 0)
        count += number
        verdict.faults += [f"{path.name}: {fault}" for fault in faults]
    verdict.summary = f"{count} seeds"
    return verdict


# ---- ELF ----

# Architecture: class and machine, as the header of an ELF file has them.
MACHINES = {"x86_64": (2, 62), "i386": (1, 3)}
LIBRARIES = re.compile(
    r"lib(c|m|stdc\+\+|gcc_s|pthread|dl|rt)\.so\.[0-9]+|ld-linux(-x86-64)?\.so\.2"
)


def architecture(output: Output) -> Verdict:
    wanted = MACHINES[output.build.architecture]
    verdict = Verdict(output.build.architecture)
    for target in output.targets():
        with (output.path / target).open("rb") as file:
            head = file.read(20)
        if len(head) < 20:
            verdict.faults.append(f"{target}: an ELF file of {len(head)} bytes")
            continue
        found = (head[4], struct.unpack_from("<H", head, 18)[0])
        if found != wanted:
            known = {value: name for name, value in MACHINES.items()}
            name = known.get(found, f"machine {found[1]}, class {found[0]}")
            verdict.faults.append(f"{target}: is for {name}, wanted {output.build.architecture}")
    return verdict


def binutils(*command: str) -> bytes:
    """What a tool of binutils prints; nothing for a file that it cannot read."""
    return subprocess.run(command, capture_output=True, check=False).stdout


def libraries(output: Output) -> Verdict:
    verdict = Verdict()
    seen: set[str] = set()
    for target in output.targets():
        for line in binutils("objdump", "-p", str(output.path / target)).decode().splitlines():
            key, _, value = line.strip().partition(" ")
            if key in ("RPATH", "RUNPATH"):
                verdict.faults.append(f"{target}: {key} {value.strip()}: a path of another machine")
            if key != "NEEDED":
                continue
            seen.add(value.strip())
            if not LIBRARIES.fullmatch(value.strip()):
                verdict.faults.append(f"{target}: needs {value.strip()}: not where targets are run")
    verdict.summary = " ".join(sorted(seen)) or "static"
    return verdict


# ---- Instrumentation ----

# Calls of a sanitizer's functions that a build has at least, and any other build at most.
AT_LEAST = {"address": ("asan", 1000), "memory": ("msan", 1000), "undefined": ("ubsan", 168)}
AT_MOST = {"asan": 0, "msan": 3, "ubsan": 200}
AT_MOST_I386 = AT_MOST | {"ubsan": 280}
# The runtime's own calls come near those numbers, or exceed them, so the code that is tested counts
# beside them: calls that only instrumented functions make, in functions of codec and target.
OWN = re.compile(rb"(?:devfd|LLVMFuzzer)\w*")
OWN_CALLS = {
    "address": rb"__asan_(?:report|load|store)",
    "memory": rb"__msan_",
    "undefined": rb"__ubsan_handle_",
}
OWN_AT_LEAST = 20
CALL = re.compile(rb"\bcall[ql]? +[0-9a-f]+ <__([amu]b?san)")
HEADER = re.compile(rb"\s*[0-9a-f]+ <([^>]+)>:")
EDGES = rb"__sanitizer_cov_trace"
COVERAGE_SECTIONS = ("__llvm_covmap", "__llvm_prf_cnts")


@dataclass
class Calls:
    """How often a program calls sanitizers, in all and by the code tested; its entry point."""

    total: dict[str, int]
    own: int
    own_edges: int
    entry: bool


def count_calls(path: Path, sanitizer: str) -> Calls:
    listing = binutils("objdump", "-d", "-C", "--no-show-raw-insn", str(path))
    total = dict.fromkeys(AT_MOST, 0)
    for name in CALL.findall(listing):
        if name.decode() in total:
            total[name.decode()] += 1
    wanted = OWN_CALLS.get(sanitizer)
    own = re.compile(rb"\bcall[ql]? +[0-9a-f]+ <" + wanted) if wanted else None
    edges = re.compile(rb"\bcall[ql]? +[0-9a-f]+ <" + EDGES)
    calls = Calls(total, 0, 0, entry=False)
    for block in listing.split(b"\n\n"):
        header = HEADER.match(block)
        if header is None or not OWN.fullmatch(header.group(1)):
            continue
        calls.entry = calls.entry or header.group(1) == b"LLVMFuzzerTestOneInput"
        calls.own += len(own.findall(block)) if own else 0
        calls.own_edges += len(edges.findall(block))
    return calls


def call_faults(build: Build, calls: Calls) -> list[str]:
    faults = [] if calls.entry else ["has no LLVMFuzzerTestOneInput"]
    kind, least = AT_LEAST.get(build.sanitizer, ("", 0))
    most = AT_MOST_I386 if build.architecture == "i386" else AT_MOST
    if kind and calls.total[kind] < least:
        faults.append(f"{calls.total[kind]} calls of {kind}, at least {least}")
    faults += [
        f"{count} calls of {name} in a build without it, at most {most[name]}"
        for name, count in calls.total.items()
        if name != kind and count > most[name]
    ]
    if kind and calls.own < OWN_AT_LEAST:
        faults.append(f"{calls.own} calls of {kind} in the code tested, at least {OWN_AT_LEAST}")
    if kind and build.engine == "libfuzzer" and calls.own_edges < OWN_AT_LEAST:
        faults.append(f"{calls.own_edges} edges traced in the code tested, at least {OWN_AT_LEAST}")
    return faults


def instrumentation(output: Output) -> Verdict:
    verdict = Verdict()
    kind = AT_LEAST.get(output.build.sanitizer, ("", 0))[0]
    lowest: dict[str, int] = {}
    for target in output.targets():
        calls = count_calls(output.path / target, output.build.sanitizer)
        verdict.faults += [f"{target}: {fault}" for fault in call_faults(output.build, calls)]
        if kind:
            figures = {f"calls of {kind}": calls.total[kind], "in the code tested": calls.own}
            lowest = {name: min(count, lowest.get(name, count)) for name, count in figures.items()}
        if output.build.sanitizer == "coverage":
            verdict.faults += section_faults(output.path / target)
    least = ", ".join(f"{count} {name}" for name, count in lowest.items())
    verdict.summary = f"at least {least}" if least else "counters of coverage, no sanitizer"
    return verdict


def section_faults(path: Path) -> list[str]:
    sections = {}
    for line in binutils("objdump", "-h", str(path)).decode().splitlines():
        words = line.split()
        if len(words) > 2 and words[0].isdigit():
            sections[words[1]] = int(words[2], 16)
    return [
        f"{path.name}: no section {one}: built without coverage"
        for one in COVERAGE_SECTIONS
        if not sections.get(one)
    ]


CHECKS: dict[str, Check] = {
    "names": names,
    "complete": complete,
    "dictionaries": dictionaries,
    "options": options,
    "seeds": seeds,
    "architecture": architecture,
    "libraries": libraries,
    "instrumentation": instrumentation,
}

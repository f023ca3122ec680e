# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""spec/calls: what is read out of it, what is refused, and that the rows say the same."""

from __future__ import annotations

import errno
import re

import pytest
from conftest import ROOT, edit

from devfdgen import calls
from devfdgen.load import SpecError
from devfdgen.model import load_spec

ROWS = ROOT / "conformance/kernel/guest/generated/answers.c"


@pytest.fixture(name="linux", scope="module")
def fixture_linux():
    return calls.load(load_spec(ROOT / "spec"))[0]


def answer(linux: calls.Calls, rule_id: str) -> calls.Answer:
    return next(one for request in linux.requests for one in request.answers if one.id == rule_id)


def test_values_are_placed_where_the_fields_are(linux):
    one = answer(linux, "call.set_irqs.eventfd.set")
    assert [(s.at, s.width, s.term, s.plus) for s in one.stores] == [
        (0, 4, "min", 4),
        (4, 4, "number", 0x24),
        (8, 4, "number", 4),
        (16, 4, "number", 1),
        (20, 4, "eventfd", 0),
    ]
    assert (one.size, one.errnos, one.untouched) == (24, [], True)


def test_a_request_that_is_answered_in_place_has_the_struct_of_its_reply(linux):
    request = next(one for one in linux.requests if one.name == "get_region_info")
    assert (request.c, request.min) == ("struct vfio_region_info", 32)
    assert [one.offset for one in request.fields] == [0, 4, 8, 12, 16, 24]


def test_kernels_are_told_by_number(linux):
    one = answer(linux, "call.get_info.before_bind")
    assert (one.bound(">="), one.bound("<")) == (6 << 8 | 6, 0)


def test_every_request_is_refused_and_answered(linux):
    """A request whose rules all expect the same errno would not tell a kernel that always gives it."""
    for request in linux.requests:
        outcomes = {tuple(one.errnos) for one in request.answers}
        alone = len(request.answers) < 3
        assert alone or len(outcomes) > 1, request.name


def test_every_rule_has_its_row(linux):
    rows = re.findall(r'\.rule = "([^"]+)"', ROWS.read_text(encoding="utf-8"))
    assert rows == [one.id for request in linux.requests for one in request.answers]


def test_every_errno_is_linuxs_generic_one(linux):
    names = {name for request in linux.requests for one in request.answers for name in one.errnos}
    assert names and all(0 < getattr(errno, name) < 134 for name in names)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("call.feature.argsz.below:    {set: {argsz: [min, -1],",
         "call.feature.argsz.below: {set: {size: 1,", "no field 'size'"),
        ("errno: [ENOSPC, ENODEV]", "errno: [ENOSPC, ENONE]", "there is no errno ENONE"),
        ("{argsz: [min, -1], flags: [DATA_NONE, ACTION_TRIGGER]",
         "{argsz: [min, -1], flags: [DATA_SOME]", "there is no flag 'DATA_SOME'"),
        ("argument: 0, result: 0", "argument: 0, result: 0, ok: true", "an answer has a text and one"),
        ("call.ioeventfd.null:          {argument: none, errno", "call.ioeventfd.null: {errno",
         "the request is not said"),
        ("number: 107", "number: 108", "device_info is the reply to"),
        ("argument: 0, errno: ENOTTY, level: abi, source: ioctl",
         "argument: 0, errno: ENOTTY, level: abi, source: nobody", "there is no source 'nobody'"),
        ("iommufd: -1}", "iommufd: -2147483649}", "stands for a number"),
        ('u32, "interrupt index"', 'u24, "interrupt index"', "there is no type 'u24'"),
        ("call.device.unknown:", "call.group.unknown:", "was there before"),
        ("call.device.unknown:", "call.device.other:", "was once there and is gone"),
        ("call.get_api_version.zero: {argument: 0,", "call.get_api_version.zero: {source: measured, argument: 0,",
         "level abi needs a published text"),
        ("number: 106\n    fd: group\n", "number: 106\n    fd: table\n", "the descriptor:"),
    ],
)
def test_refused(spec_dir, old, new, message):
    edit(spec_dir / "calls" / "linux.yaml", old, new)
    with pytest.raises(SpecError, match=r"linux\.yaml:\d+:\d+: .*|ids\.lock:1:1: .*") as caught:
        calls.load(load_spec(spec_dir))
    assert message in str(caught.value)

# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The vectors that tell a reader with one number cut to 32 bits: all that survived once."""

import json
import struct
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "corpus/vectors.json"
CUT = 0xffffffff


def inside(vector, cut):
    """What a reader finds that cuts the size of the region, or offset, size or end of an area."""
    data = bytes.fromhex(vector["hex"])
    order = ">" if vector["given"]["order"] == "big" else "<"
    cap, limit = struct.unpack_from(order + "IQ", data, 12)
    limit &= CUT if cut == "limit" else ~0
    count = struct.unpack_from(order + "I", data, cap + 8)[0]
    for number in range(count):
        offset, size = struct.unpack_from(order + "QQ", data, cap + 16 + 16 * number)
        offset &= CUT if cut == "offset" else ~0
        size &= CUT if cut == "size" else ~0
        if cut == "sum" and offset + size & CUT <= limit:
            continue
        if offset > limit or size > limit - offset:
            return False
    return True


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("cut,survives", [
    ("limit", False), ("offset", False), ("size", False), ("sum", False),
    ("nothing", True)])
def test_a_number_cut_to_32_bits_is_noticed(order, cut, survives):
    vectors = [one for one in json.loads(VECTORS.read_text())["vectors"]
               if one["id"].startswith("wide/areas/linux.region_info")
               and one["given"]["order"] == order]
    wrong = [one["id"] for one in vectors if inside(one, cut) != (one["verdict"] == "accept")]
    assert len(vectors) > 30
    assert (not wrong) == survives

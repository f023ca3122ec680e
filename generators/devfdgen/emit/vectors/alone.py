# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Rules that no input breaks alone, or none in a role that they bind, and why."""

from __future__ import annotations

# Rule -> why. A test looks for an input of every other rule that is good once it is repaired in
# one place, and asks the solver of those listed here.
NOT_ALONE: dict[str, str] = {}

# Rule -> why no producer breaks it first.
NOT_PRODUCED: dict[str, str] = {
    "tlv.record.type.since": "only a version before the newest has records that are too new for it,"
                             " and tlv.version.write refuses that version first",
}

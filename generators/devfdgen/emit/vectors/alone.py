# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Rules that no input breaks alone: where they do not hold, another one does not either."""

from __future__ import annotations

# Rule -> why. A test looks for an input of every other rule that is good once it is repaired in
# one place, and asks the solver of those listed here.
NOT_ALONE: dict[str, str] = {}

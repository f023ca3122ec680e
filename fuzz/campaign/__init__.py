# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Campaigns of fuzzing: running engines, keeping what they found, and telling what was reached."""

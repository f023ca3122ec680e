# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Mutants of the codec, all in one build, and how many of them the corpus alone notices."""

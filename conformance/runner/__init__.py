# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The conformance runner: feeds the corpus to an implementation and judges its answers."""

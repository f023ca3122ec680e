# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""devfdgen reads spec/ and writes all that is derived from it: load -> model -> lint -> emit."""

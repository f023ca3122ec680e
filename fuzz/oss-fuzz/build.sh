#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# build.sh: builds all fuzz targets into $OUT; compilers, flags and engine come in the variables that OSS-Fuzz sets.
make -C "$SRC/devfd" -j"$(nproc)" BUILD="$WORK/build" OUT="$OUT" fuzz-out

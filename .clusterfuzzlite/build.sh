#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# build.sh: builds all fuzz targets into $OUT, as for OSS-Fuzz.
exec "$SRC/devfd/fuzz/oss-fuzz/build.sh"

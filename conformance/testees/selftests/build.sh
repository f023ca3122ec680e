#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# Builds a testee from the library of Linux's own VFIO selftests: build.sh [--refresh]
#
# The library comes from the newest linux-source package of Debian's unstable suite, which apt fetches from the mirror
# in the system's sources, or from DEVFD_MIRROR, on a state of its own: the system's apt stays as it is. What is needed
# of it stays in the cache folder ($DEVFD_CACHE, else devfd in $XDG_CACHE_HOME or ~/.cache); --refresh looks for a newer
# one. Nothing of the kernel is copied into the repository. The testee is $BUILD/testees/selftests.
# Exit: 0 built, 1 does not build, 2 no source to be had.
set -u -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$(cd "$here/../../.." && pwd)/build}
cache=${DEVFD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/devfd}/selftests
keys=/usr/share/keyrings/debian-archive-keyring.gpg

unreachable() {
	echo "build.sh: $*" >&2
	exit 2
}

apt_of_our_own() {
	local mirror
	command -v apt-get >/dev/null || unreachable "apt-get is missing: the kernel's source is fetched from Debian's archive"
	[ -r "$keys" ] || unreachable "Debian's keys are missing: apt-get install debian-archive-keyring"
	# shellcheck disable=SC2016
	mirror=${DEVFD_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '/debian/?$')}
	[ -n "$mirror" ] || unreachable "no mirror of Debian among the system's sources; name one in DEVFD_MIRROR"
	mkdir -p "$cache/apt/state/lists/partial" "$cache/apt/cache/archives/partial" || exit 2
	: >"$cache/apt/status"
	echo "deb [signed-by=$keys] $mirror sid main" >"$cache/apt/sources.list"
	cat >"$cache/apt/apt.conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
		Dir::Etc::SourceList "$cache/apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State "$cache/apt/state";
		Dir::State::status "$cache/apt/status";
		Dir::Cache "$cache/apt/cache";
	END
}

ours() {
	"$1" -c "$cache/apt/apt.conf" "${@:2}"
}

# Leaves $cache/current, a link to what the newest package has.
fetch() {
	local package version
	apt_of_our_own
	if ! ours apt-get update -q >"$cache/apt/log" 2>&1 || grep -q 'Failed to fetch' "$cache/apt/log"; then
		unreachable "Debian's archive cannot be reached: $(grep -m1 '^[EW]:' "$cache/apt/log")"
	fi
	package=$(ours apt-cache search --names-only '^linux-source-[0-9.]+$' | cut -d' ' -f1 | sort -V | tail -n1)
	version=$(ours apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p')
	[ -n "$version" ] || unreachable "Debian's archive has no kernel source"
	if [ ! -d "$cache/$version" ]; then
		into=$(mktemp -d "$cache/half.XXXXXX") || exit 2
		trap 'rm -rf "$into"' EXIT    # not a local: it is read after the function
		echo "fetching $package $version" >&2
		(cd "$into" && ours apt-get download -q "$package=$version") >"$cache/apt/log" 2>&1 ||
			unreachable "$package cannot be fetched: $(grep -m1 '^[EW]:' "$cache/apt/log")"
		mkdir "$into/tree"
		dpkg-deb --fsys-tarfile "$into"/*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc |
			tar -x -C "$into/tree" --strip-components=1 --wildcards \
				'linux-source-*/tools/testing/selftests/vfio/lib' \
				'linux-source-*/tools/testing/selftests/kselftest.h' \
				'linux-source-*/tools/include' \
				'linux-source-*/include/uapi/linux/iommufd.h' \
				'linux-source-*/include/uapi/linux/pci_regs.h' \
				'linux-source-*/include/uapi/linux/vfio.h' ||
			unreachable "$package $version has no library of VFIO selftests"
		mv -T "$into/tree" "$cache/$version"
	fi
	ln -sfnT "$version" "$cache/current"
}

if [ ! -d "$cache/current" ] || [ "${1:-}" = --refresh ]; then
	fetch
fi
tree=$cache/current
selftests=$tree/tools/testing/selftests
mkdir -p "$build/testees" "$build/obj/selftests" || exit 1

# The kernel's order of include folders: its tools' headers, then those it exports (where __user means nothing).
flags=(-std=gnu11 -g -O1 -D_GNU_SOURCE -D__user= "-DVERSION=\"$(basename "$(readlink "$tree")")\""
	-fsanitize=address -I"$selftests/vfio/lib/include" -I"$selftests" -I"$tree/tools/include"
	-I"$build/obj/selftests/include")
mkdir -p "$build/obj/selftests/include/linux"
for header in vfio iommufd pci_regs; do
	ln -sfn "$tree/include/uapi/linux/$header.h" "$build/obj/selftests/include/linux/$header.h"
done
for file in "$selftests/vfio/lib/iommu.c" "$here/adapter.c"; do
	"${CC:-cc}" "${flags[@]}" -c -o "$build/obj/selftests/$(basename "$file" .c).o" "$file" || exit 1
done
"${CC:-cc}" "${flags[@]}" -Wl,--wrap=ioctl -o "$build/testees/selftests" "$build"/obj/selftests/{iommu,adapter}.o || exit 1
echo "$build/testees/selftests: the library of $(basename "$(readlink "$tree")")"

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# steps.sh NAME: what is done in a guest, a function a step. It says what it saw in lines of "# ...", or prints a
# KTAP subtest; it exits with 0 if all was as it should be. What it leaves in /tmp/ship goes to the host.

. /guest/settings
set -u
VFIO_PCI=/sys/bus/pci/drivers/vfio-pci
bad=0

say() { echo "# $*"; }

wrong() {
	say "$@"
	bad=1
}

# What a program printed, as diagnostics.
quote() { sed 's/^/#   /' "$1"; }

# has FEATURE: the host says that this kernel can do it.
has() {
	case " $FEATURES " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

driver_of() { basename "$(readlink -f "$1/driver" 2>/dev/null)" 2>/dev/null; }

group_of() { basename "$(readlink -f "/sys/bus/pci/devices/$1/iommu_group")"; }

# All PCI devices but bridges, which no VFIO driver takes.
pci_devices() {
	for path in /sys/bus/pci/devices/*; do
		case $(cat "$path/class") in
		0x06*) ;;
		*) basename "$path" ;;
		esac
	done
}

samples() { echo "$SAMPLES" | sed 's/ .*//'; }

all_devices() {
	pci_devices
	[ -z "$SAMPLES" ] || samples
}

bind_to() {
	path=/sys/bus/pci/devices/$1
	[ ! -e "$path/driver" ] || echo "$1" >"$path/driver/unbind"
	echo "$2" >"$path/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ "$(driver_of "$path")" = "$2" ] || wrong "$1 did not go to the driver $2"
}

# works COMMAND...: exit status 0 is due.
works() {
	"$@" >/tmp/out 2>&1 && return 0
	wrong "exit status $? of: $*"
	quote /tmp/out
	return 1
}

# refuses PATTERN COMMAND...: exit status 2 is due, one line on stderr that holds the pattern, and no file.
refuses() {
	pattern=$1
	shift
	rm -f /tmp/refused.json
	timeout 60 "$@" >/tmp/out 2>/tmp/err
	status=$?
	quote /tmp/err
	[ "$status" -eq 2 ] || wrong "exit status $status, not 2, of: $*"
	[ "$(wc -l </tmp/err)" -eq 1 ] || wrong "not one line on stderr of: $*"
	grep -q -i -E -e "$pattern" /tmp/err || wrong "nothing of '$pattern' on stderr of: $*"
	[ ! -e /tmp/refused.json ] || wrong "a file was written by: $*"
}

# ---- Before the devices are bound ----

step_no_vfio() {
	[ ! -e /dev/vfio ] || wrong "VFIO is there before its modules"
	refuses 'vfio' devfd capture "$ONE" -o /tmp/refused.json
}

step_modules() {
	for module in /modules/*.ko; do
		[ -e "$module" ] || continue
		insmod "$module" || wrong "the module $module cannot be loaded"
	done
	[ -d "$VFIO_PCI" ] || wrong "this kernel has no vfio-pci: give its modules, too"
	[ -e /dev/vfio/vfio ] || wrong "this kernel has no VFIO container"
	! has cdev || [ -c /dev/iommu ] || wrong "this kernel has no iommufd"
}

step_not_bound() {
	refuses 'bound|bind' devfd capture "$ONE" -o /tmp/refused.json
}

step_bind() {
	for device in $(pci_devices); do
		bind_to "$device" vfio-pci
		path=/sys/bus/pci/devices/$device
		say "$device $(cat "$path/vendor" "$path/device" "$path/class" | tr '\n' ' ')"
	done
	count=$(pci_devices | wc -l)
	[ "$count" -eq "$DEVICES" ] || wrong "$count devices, $DEVICES were put in"
}

step_samples() {
	echo "$SAMPLES" | while read -r uuid parent type; do
		echo "$uuid" >"/sys/class/mdev_bus/$parent/mdev_supported_types/$type/create" ||
			wrong "no device of $parent could be made"
		[ -e "/sys/bus/mdev/devices/$uuid" ] || wrong "$parent made no device"
		[ "$bad" -eq 0 ] || exit 1
	done || bad=1
}

# ---- Devices that answer ----

step_list() {
	works devfd capture --list || return
	quote /tmp/out
	for device in $(all_devices); do
		grep -q "$device" /tmp/out || wrong "$device is not in the list"
	done
}

step_capture() {
	mkdir -p /tmp/ship/captures
	for device in $(all_devices); do
		file=/tmp/ship/captures/$device.json
		works devfd capture "$device" -o "$file" || continue
		works devfd show "$file"
		[ -s "$file" ] || wrong "the capture of $device is empty"
	done
}

# The prediction says what the capture says, but for the items of which the tool tells that sysfs does not know all.
step_sysfs() {
	for device in $(pci_devices); do
		predicted=/tmp/$device.predicted
		if ! devfd capture --sysfs "$device" -o "$predicted" 2>/tmp/unknown; then
			wrong "$device cannot be predicted:"
			quote /tmp/unknown
			continue
		fi
		sed 's/^/#   /' /tmp/unknown
		devfd diff "$predicted" "/tmp/ship/captures/$device.json" >/tmp/diff 2>/tmp/err
		case $? in
		0) continue ;;
		1) [ -s /tmp/diff ] || wrong "$device differs nowhere" ;;
		*) wrong "the prediction of $device cannot be compared: $(cat /tmp/err)" ;;
		esac
		while IFS= read -r line; do
			say "$device: $line"
			grep -q "does not tell: ${line%%.*}: " /tmp/unknown || wrong "$device: sysfs should have told that"
		done </tmp/diff
	done
}

# The same description through the container and through the device's own node.
step_cdev() {
	mkdir -p /tmp/ship/cdev
	for device in $(all_devices); do
		file=/tmp/ship/cdev/$device.json
		works devfd capture --cdev "$device" -o "$file" || continue
		works devfd diff "/tmp/ship/captures/$device.json" "$file"
	done
}

step_check() {
	exec kernel-check --guest "$GUEST" $(has cdev && echo --expect-cdev) $(all_devices)
}

broken_rules() { sed -n 's/.*# broken \([^ ]*\) .*/\1/p' /tmp/out | sort -u; }

# The check has to notice replies that are not the kernel's: one bit of one field is turned around each time.
step_altered() {
	kernel-check "$ONE" >/tmp/out 2>&1
	# busybox's grep takes an empty file of patterns for one that matches all.
	{ echo none; broken_rules; } >/tmp/unaltered
	# ioctl, offset and width of the field, lowest bits to turn, what it is
	while read -r number offset width bits text; do
		# The lowest byte stands last on a big-endian machine.
		[ "$(uname -m)" != s390x ] || offset=$((offset + width - 1))
		kernel-check --alter "$number:$offset:$bits" "$ONE" >/tmp/out 2>&1
		status=$?
		broken=$(broken_rules | grep -v -x -F -f /tmp/unaltered | tr '\n' ' ')
		say "another $text breaks $broken"
		[ "$status" -eq 1 ] || wrong "exit status $status, not 1, with another $text"
		[ "$broken" ] || wrong "no rule is broken with another $text"
	done <<-END
		107 4 4 2 PCI flag of the device
		107 8 4 1 number of regions
		107 12 4 4 number of interrupts
		108 0 4 8 argsz of a region
		108 4 4 1 READ flag of a region
		108 4 4 8 CAPS flag of a region
		108 16 8 1 size of a region
		108 24 8 1 offset of a region
		109 4 4 1 EVENTFD flag of an interrupt
		109 12 4 2 count of an interrupt
	END
}

# ---- Devices that cannot be captured ----

step_no_device() {
	refuses 'no ' devfd capture 0000:7f:1f.7 -o /tmp/refused.json
}

step_no_iommu() {
	refuses 'iommu' devfd capture "$ONE" -o /tmp/refused.json
}

step_no_permission() {
	refuses 'permission|permitted' su -s /bin/sh -c "devfd capture $ONE -o /tmp/refused.json" nobody
}

step_busy() {
	sleep 60 9<>"/dev/vfio/$(group_of "$ONE")" &
	holder=$!
	# The shell opens the node in the child, some time from now.
	tries=0
	until [ -e "/proc/$holder/fd/9" ] || [ "$tries" -eq 100 ]; do
		usleep 100000
		tries=$((tries + 1))
	done
	refuses 'busy|use|open' devfd capture "$ONE" -o /tmp/refused.json
	kill "$holder"
	wait "$holder" 2>/dev/null
	works devfd capture "$ONE" -o /tmp/again.json
}

# One function of two goes back to the driver of the kernel, which owns what the group does by DMA.
step_not_viable() {
	set -- $PAIR
	[ "$(group_of "$1")" = "$(group_of "$2")" ] || wrong "$1 and $2 share no group"
	bind_to "$2" serial
	refuses 'viable|group' devfd capture "$1" -o /tmp/refused.json
	bind_to "$2" vfio-pci
	works devfd capture "$1" -o /tmp/again.json
}

# Captures one after the other until the device is gone. While one has the device open the kernel holds the removal
# back; the next one finds it at some stage of going: gone while it is opened, without its driver, or not there.
step_pulled() {
	set -- $PULLED
	works devfd capture "$2" -o /tmp/pulled.json || return
	(
		status=0
		while [ "$status" -eq 0 ]; do
			timeout 60 devfd capture "$2" -o /tmp/pulled.json 2>/tmp/pulled.err
			status=$?
		done
		echo "$status" >/tmp/pulled.status
	) &
	echo "@devfd unplug $1"
	waited=0
	while [ ! -e /tmp/pulled.status ] && [ "$waited" -lt 30 ]; do
		sleep 1
		waited=$((waited + 1))
	done
	if [ ! -e /tmp/pulled.status ]; then
		wrong "$2 is still there $waited s after it was pulled"
		return
	fi
	quote /tmp/pulled.err
	[ "$(cat /tmp/pulled.status)" -eq 2 ] || wrong "exit status $(cat /tmp/pulled.status), not 2"
	grep -q -E 'went away|no such PCI|bound to no driver|in no IOMMU group' /tmp/pulled.err || wrong "nothing says that it is gone"
	while [ -e "/sys/bus/pci/devices/$2" ] && [ "$waited" -lt 30 ]; do
		sleep 1
		waited=$((waited + 1))
	done
	refuses 'no ' devfd capture "$2" -o /tmp/refused.json
}

# ---- What the kernel said of itself meanwhile ----

step_dmesg() {
	dmesg >/tmp/ship/dmesg.txt
	if has kasan; then
		grep -q 'KernelAddressSanitizer initialized' /tmp/ship/dmesg.txt || wrong "KASAN did not start"
	fi
	if has kmemleak; then
		[ -e /sys/kernel/debug/kmemleak ] || wrong "kmemleak did not start"
		# An object has to be five seconds old before a scan tells of it.
		for scan in 1 2; do
			sleep 6
			echo scan >/sys/kernel/debug/kmemleak
		done
		cat /sys/kernel/debug/kmemleak >/tmp/leaks
		[ ! -s /tmp/leaks ] || wrong "kmemleak reports:"
		head -60 /tmp/leaks >/tmp/out
		quote /tmp/out
	fi
	dmesg >/tmp/ship/dmesg.txt
	grep -n -A 20 -E 'WARNING:|BUG:|KASAN:|UBSAN:|general protection|Call Trace|INFO: task|unreferenced object' \
		/tmp/ship/dmesg.txt >/tmp/reports && wrong "the kernel reports:"
	quote /tmp/reports
	# Machine check, oops, bad page, warning: what a taint tells of though the log has lost it.
	tainted=$(cat /proc/sys/kernel/tainted)
	[ $((tainted & (16 | 32 | 128 | 512))) -eq 0 ] || wrong "the kernel is tainted: $tainted"
}

step=step_$(echo "$1" | tr - _)
"$step"
exit $bad

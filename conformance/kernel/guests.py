# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The guests: which kernel, which machine, which devices, and what is done in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qemu import Limits

# Mediated devices of the samples: UUID, parent, type. The UUIDs spell the driver's name.
SAMPLES = (
    ("6d626f63-6873-4000-8000-000000000001", "mbochs", "mbochs-small"),
    ("6d647079-0000-4000-8000-000000000001", "mdpy", "mdpy-vga"),
    ("6d747479-0000-4000-8000-000000000001", "mtty", "mtty-1"),
)


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU. Each device is one -device; groups of words that belong to it stand
    before it. An address is written in hexadecimal, as QEMU reads it."""

    qemu: str
    console: str
    words: tuple[str, ...]
    devices: tuple[str, ...]
    built_in: int = 0  # devices of the machine itself that are no bridges
    append: str = ""
    # Where the scenarios find what they need: a pair in one group, a device that can be pulled
    # (QEMU's id and PCI address), any device.
    pair: tuple[str, str] | None = None
    pulled: tuple[str, str] | None = None
    one: str = ""

    @property
    def count(self) -> int:
        bridges = ("pcie-root-port", "pcie-pci-bridge", "intel-iommu", "zpci")
        return self.built_in + sum(not one.startswith(bridges) for one in self.devices)


# An emulated machine on a busy host is late: a late timer panics at boot, a late processor leaves
# traces of stalls in the log. Ciphers that nobody uses need no test.
PATIENT = "no_timer_check rcupdate.rcu_cpu_stall_suppress=1 tsc=nowatchdog cryptomgr.notests"

X86 = Machine(
    qemu="qemu-system-x86_64",
    console="ttyS0",
    # The memory behind the BAR of 4 GiB is never touched, so it is not reserved either.
    words=(
        *("-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max", "-m", "768"),
        *("-blockdev", "driver=null-co,node-name=disk0,read-zeroes=on"),
        *("-object", "memory-backend-ram,id=large,size=4G,reserve=off"),
    ),
    append=f"intel_iommu=on {PATIENT}",
    devices=(
        "intel-iommu,intremap=on",
        # Straight on the root bus: no hot-reset, a group each.
        "e1000,addr=2",  # an IO BAR, a ROM, no MSI
        "nvme,addr=3,drive=disk0,serial=devfd,msix_qsize=2048",  # 2048 MSI-X vectors
        "edu,addr=4",  # MSI with one vector
        "VGA,addr=5",  # class 0300: region 8
        "ivshmem-plain,addr=6,memdev=large",  # a BAR of 4 GiB, no interrupt
        "rtl8139,addr=7",  # IO and memory BARs of 256 bytes, a ROM
        "sdhci-pci,addr=8",  # a BAR below a page
        "qemu-xhci,addr=9",  # MSI-X in the middle of its BAR
        "virtio-rng-pci,addr=a",  # IO, 32-bit and 64-bit BARs, MSI-X in a BAR of its own
        "megasas,addr=b",  # a broken VPD, MSI-X in a BAR with more
        "pci-testdev,addr=c,membar=4G",  # a second BAR of 4 GiB, an IO BAR
        # One slot, two functions: one group, and a hot-reset that takes both. The second one has
        # nothing but an IO BAR of 8 bytes, and every kernel has a driver of its own for it.
        "pcie-root-port,id=port0,addr=10,chassis=1,slot=11",
        "e1000e,bus=port0,addr=0.0,multifunction=on",
        "pci-serial,bus=port0,addr=0.1",
        # Can be pulled.
        "pcie-root-port,id=port1,addr=11,chassis=2,slot=12",
        "nec-usb-xhci,bus=port1,id=pulled",
        # Behind a bridge to plain PCI, whose group it shares.
        "pcie-pci-bridge,id=bridge0,addr=12",
        "lsi53c895a,bus=bridge0,addr=1",
    ),
    built_in=2,  # AHCI and SMBus of the chip set, which share a group with the ISA bridge
    pair=("0000:01:00.0", "0000:01:00.1"),
    pulled=("pulled", "0000:02:00.0"),
    one="0000:00:03.0",
)

# No IOMMU at all: a device is then in no group.
X86_PLAIN = Machine(
    qemu=X86.qemu,
    console=X86.console,
    words=("-machine", "q35,accel=tcg", "-cpu", "max", "-m", "512"),
    devices=("edu,addr=4",),
    built_in=2,
    append=PATIENT,
    one="0000:00:04.0",
)

# The fewest devices in which every fault of caught.yaml shows; what the chip set has comes along.
X86_SMALL = Machine(
    qemu=X86.qemu,
    console=X86.console,
    words=(
        *("-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max", "-m", "512"),
        *("-blockdev", "driver=null-co,node-name=disk0,read-zeroes=on"),
    ),
    devices=("intel-iommu,intremap=on", "nvme,addr=3,drive=disk0,serial=devfd", "e1000,addr=2"),
    built_in=2,
    append=X86.append,
    one=X86.one,
)

S390X = Machine(
    qemu="qemu-system-s390x",
    console="ttysclp0",
    words=(
        *("-machine", "s390-ccw-virtio,accel=tcg", "-cpu", "max", "-m", "512"),
        *("-blockdev", "driver=null-co,node-name=disk0,read-zeroes=on"),
    ),
    # Each behind a zpci function of its own, whose uid is the domain of its address.
    devices=(
        "zpci,uid=1,fid=1,target=net0",
        "virtio-net-pci,id=net0",
        "zpci,uid=2,fid=2,target=rng0",
        "virtio-rng-pci,id=rng0",
        "zpci,uid=3,fid=3,target=disk",
        "virtio-blk-pci,id=disk,drive=disk0,num-queues=8",
        "zpci,uid=4,fid=4,target=pulled",
        "virtio-serial-pci,id=pulled",
        "zpci,uid=5,fid=5,target=scsi0",
        "virtio-scsi-pci,id=scsi0",
    ),
    pulled=("pulled", "0004:00:00.0"),
    one="0001:00:00.0",
)


@dataclass(frozen=True)
class Guest:
    name: str
    kernel: str  # as kernels.py knows it
    machine: Machine
    quick: bool = False
    needs: tuple[str, ...] = ()  # what kernels.py has to say that the kernel can do
    steps: tuple[str, ...] = ()  # these alone
    limits: Limits = Limits()

    def all_steps(self, features: list[str], modules: list[str]) -> tuple[str, ...]:
        """What is done, in this order. What the machine or the kernel lacks is not in the list, so
        that a step in a guest never passes by doing nothing."""
        have = {
            "no-vfio": any(Path(one).name == "vfio.ko" for one in modules),
            "samples": "mdev" in features,
            "cdev": "cdev" in features,
            "not-viable": self.machine.pair is not None,
            "pulled": self.machine.pulled is not None,
        }
        return tuple(one for one in self.steps or STEPS if have.get(one, True))


STEPS = (
    *("no-vfio", "modules", "not-bound", "bind", "samples"),
    *("list", "capture", "sysfs", "cdev", "check", "altered"),
    *("no-device", "no-permission", "busy", "not-viable", "pulled"),
    "dmesg",
)

# KASAN and a machine of another byte order take their time.
SLOW = Limits(seconds=420, silence=120)

GUESTS = (
    Guest("debian-6.1", "debian-6.1", X86, quick=True),
    Guest("debian-6.12", "debian-6.12", X86, quick=True),
    Guest(
        "no-iommu",
        "debian-6.12",
        X86_PLAIN,
        steps=("no-vfio", "modules", "no-iommu", "dmesg"),
    ),
    Guest(
        "own-6.12",
        "own-6.12",
        X86,
        needs=("cdev", "group", "mdev", "kasan", "kmemleak"),
        limits=SLOW,
    ),
    Guest("s390x-6.1", "s390x-6.1", S390X, needs=("group",), limits=SLOW),
    Guest("s390x-6.12", "s390x-6.12", S390X, needs=("group", "cdev"), limits=SLOW),
)

# Runs where it is asked for by name: whether a fault that was planted is caught.
SMALL = Guest("small", "debian-6.12", X86_SMALL, steps=("modules", "bind", "check", "dmesg"))

# The guests that somebody's own kernel is put into, by its architecture.
YOURS = {
    "x86_64": Guest("yours", "", X86, limits=SLOW),
    "s390x": Guest("yours", "", S390X, limits=SLOW),
}

# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Tests of the program devfd-capture: its list, its options, and every refusal that can be reached
without VFIO."""
from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from capture_tool import CAPTURE, DEVFD, DEVICE, ROOT, Machine, bad, good, run

UUID = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
OUT = ("-o", "-")


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A machine without VFIO."""
    return Machine(tmp_path / "root")


@pytest.fixture
def machine(bare: Machine) -> Machine:
    bare.add_vfio()
    return bare


# -- the list -------------------------------------------------------------------------------------


def test_the_list_says_what_can_be_captured_and_what_not(machine):
    machine.add_pci("0000:00:01.0", driver="e1000e", group="1")
    machine.add_pci("0000:00:02.0", driver="vfio-pci", group="2")
    machine.add_pci("0000:00:03.0", driver="vfio-pci")
    machine.add_pci("0000:00:04.0", driver="vfio-pci", group="4")
    machine.add_pci("0000:00:04.1", driver="nvme", group="4")
    machine.add_pci("0000:00:05.0", group="5")
    (machine.add_pci("0000:00:06.0", driver="mlx5", group="6") / "vfio-dev").mkdir()
    machine.add_mdev(UUID, driver="vfio_mdev", group="9")
    problems = {d["name"]: d["problem"] for d in machine.listed()}
    assert problems == {
        "0000:00:01.0": "not-bound", "0000:00:02.0": None, "0000:00:03.0": "no-iommu",
        "0000:00:04.0": "not-viable", "0000:00:04.1": "not-bound", "0000:00:05.0": "not-bound",
        "0000:00:06.0": None, UUID: None}
    assert list(problems) == sorted(problems)
    table = good(CAPTURE, "--root", machine.root, "--list")
    for line in ("0000:00:01.0  1af4:1041  020000  e1000e           1      no: not bound to VFIO",
                 "0000:00:02.0  1af4:1041  020000  vfio-pci         2      yes",
                 "0000:00:03.0  1af4:1041  020000  vfio-pci         -      no: no IOMMU group",
                 f"{UUID}\n              -          -       vfio_mdev        9      yes"):
        assert line in table
    words = " ".join(table.split())
    assert "0000:00:04.1 of the same group is bound to nvme" in words
    assert "makes the kernel reset it" in words


def test_a_port_or_a_stub_in_the_group_does_no_harm(machine):
    machine.add_pci("0000:00:01.0", driver="pcieport", group="1")
    machine.add_pci("0000:00:01.1", driver="pci-stub", group="1")
    machine.add_pci("0000:00:01.2", group="1")
    machine.add_pci(driver="vfio-pci", group="1")
    assert [d["capturable"] for d in machine.listed()] == [False, False, False, True]


def test_the_list_fits_80_columns(machine):
    machine.add_pci(driver="a_driver_with_quite_a_long_name", group="123456")
    machine.add_mdev(UUID, driver="another_driver_with_a_long_name", group="1")
    table = good(CAPTURE, "--root", machine.root, "--list")
    assert [line for line in table.splitlines() if len(line) > 80] == []


def test_the_list_for_programs(machine):
    machine.add_pci(ids=(0x8086, 0x10C9, 0x020000), driver="igb", group="3")
    machine.add_mdev(UUID, driver="mtty")
    printed = json.loads(good(CAPTURE, "--root", machine.root, "--list", "--json"))
    assert (printed["schema"], printed["opening_resets"]) == ("vfio-capture-list/1", True)
    pci, mdev = printed["devices"]
    assert pci.pop("text").startswith(f"{DEVICE} is bound to igb")
    assert pci == {"name": DEVICE, "bus": "pci", "vendor": "0x8086", "device": "0x10c9",
                   "class": "0x020000", "driver": "igb", "group": "3", "capturable": False,
                   "problem": "not-bound"}
    assert (mdev["bus"], mdev["vendor"], mdev["problem"]) == ("mdev", None, "no-iommu")


def test_a_machine_without_devices_has_an_empty_list(bare):
    assert bare.listed() == []
    assert "no PCI or mediated devices" in good(CAPTURE, "--root", bare.root, "--list")


def test_names_that_a_terminal_would_act_upon_are_escaped(machine):
    machine.add_pci(driver="evil\033[31m", group="1")
    assert "\033" not in good(CAPTURE, "--root", machine.root, "--list")
    assert "\033" not in machine.refuses(DEVICE, *OUT)


# -- no VFIO --------------------------------------------------------------------------------------


def test_without_vfio_it_says_what_is_missing(bare):
    bare.add_pci()
    message = bare.refuses(DEVICE, *OUT)
    assert "/dev/vfio is missing" in message and "CONFIG_VFIO" in message


@pytest.mark.parametrize(("files", "wanted"), [
    ({"dep": "kernel/drivers/vfio/pci/vfio-pci.ko: x.ko\n"}, "not loaded. Load it: modprobe"),
    ({"dep": "", "builtin": "kernel/drivers/vfio/vfio.ko\n"}, "built in. In a container"),
    ({"dep": "kernel/drivers/net/e1000.ko:\n"}, "Use a kernel with CONFIG_VFIO")])
def test_without_vfio_it_says_where_to_get_it(bare, files, wanted):
    bare.add_pci()
    bare.add_modules(**files)
    assert wanted in bare.refuses(DEVICE, *OUT)


def test_a_folder_that_is_there_is_not_called_missing(bare):
    bare.add_pci()
    bare.add_node("vfio/vfio")
    message = bare.refuses(DEVICE, *OUT)
    assert "/dev/vfio is missing" not in message and "no module vfio is loaded" in message


def test_this_machine_is_told_what_is_in_the_way():
    """Of devices that could be captured none is, as that would reset it."""
    listed = json.loads(good(CAPTURE, "--list", "--json"))["devices"]
    pci = Path("/sys/bus/pci/devices")
    present = sorted(path.name for path in pci.iterdir()) if pci.exists() else []
    assert [d["name"] for d in listed if d["bus"] == "pci"] == present
    for device in listed:
        if device["capturable"] or device["problem"] == "not-viable":
            continue
        assert bad(2, CAPTURE, device["name"], *OUT) == f"devfd capture: {device['text']}\n"
        if device["problem"] == "no-vfio":
            assert "CONFIG_VFIO" in device["text"] or "modprobe" in device["text"]


# -- other refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["0000:09:00.0", "../../etc", "", "a b", ".", "x" * 64, UUID])
def test_a_device_that_is_not_there(machine, name):
    assert "--list" in machine.refuses(name, *OUT)


def test_a_device_bound_to_a_driver_of_the_host(machine):
    machine.add_pci(driver="e1000e", group="1")
    message = machine.refuses(DEVICE, *OUT)
    assert f"{DEVICE} is bound to e1000e" in message
    for command in (f"echo vfio-pci >/sys/bus/pci/devices/{DEVICE}/driver_override",
                    f"echo {DEVICE} >/sys/bus/pci/drivers/e1000e/unbind",
                    f"echo {DEVICE} >/sys/bus/pci/drivers_probe"):
        assert command in message


def test_a_device_bound_to_nothing(machine):
    machine.add_pci(group="1")
    message = machine.refuses(DEVICE, *OUT)
    assert "bound to no driver" in message and "/unbind" not in message


def test_a_driver_that_has_to_be_loaded_first(machine):
    machine.add_pci(driver="nvme", group="1")
    assert ": modprobe vfio-pci; echo" in machine.refuses(DEVICE, *OUT)
    machine.add_pci("0000:02:00.0", driver="vfio-pci", group="2")
    assert "modprobe" not in machine.refuses(DEVICE, *OUT)


def test_a_bridge_is_not_to_be_bound(machine):
    machine.add_pci(ids=(0x1B36, 0x000C, 0x060400), driver="pcieport", group="1")
    message = machine.refuses(DEVICE, *OUT)
    assert "is a bridge" in message and "echo" not in message
    assert [d["problem"] for d in machine.listed()] == ["other"]


def test_an_address_without_its_domain(machine):
    machine.add_pci(group="1")
    assert f"{DEVICE} is bound to no driver" in machine.refuses("01:00.0", *OUT)


def test_a_mediated_device_without_a_vfio_driver(machine):
    machine.add_mdev(UUID, group="1")
    assert "no driver, which is no VFIO driver" in machine.refuses(UUID, *OUT)


def test_a_device_without_an_iommu(machine):
    machine.add_pci(driver="vfio-pci")
    assert "in no IOMMU group" in machine.refuses(DEVICE, *OUT)


def test_a_device_without_its_iommu_switched_on(machine):
    machine.add_pci(driver="vfio-pci", group="1")
    machine.add_node("vfio/noiommu-1")
    assert "no-IOMMU mode" in machine.refuses(DEVICE, *OUT)


def test_a_group_that_is_not_viable_names_the_other_device(machine):
    machine.add_pci(driver="vfio-pci", group="1")
    machine.add_pci("0000:01:00.1", driver="nvme", group="1")
    machine.add_node("vfio/1")
    message = machine.refuses(DEVICE, *OUT)
    assert "group 1 is not viable, as 0000:01:00.1" in message and "nvme" in message


def test_whether_a_group_is_viable_the_kernel_is_asked(machine):
    """sysfs does not know all drivers that leave DMA to others, so it does not decide."""
    machine.add_pci(driver="vfio-pci", group="1")
    machine.add_pci("0000:01:00.1", driver="nvme", group="1")
    assert "/dev/vfio/1 is missing" in machine.refuses(DEVICE, *OUT)


def test_a_group_without_its_node(machine):
    machine.add_pci(driver="vfio-pci", group="1")
    assert "/dev/vfio/1 is missing" in machine.refuses(DEVICE, *OUT)


def test_a_node_that_is_no_group(machine):
    machine.add_pci(driver="vfio-pci", group="1")
    machine.add_node("vfio/1")
    assert "VFIO_GROUP_GET_STATUS failed" in machine.refuses(DEVICE, *OUT)


def test_a_kernel_without_cdev(machine):
    machine.add_pci(driver="vfio-pci", group="1")
    assert "CONFIG_VFIO_DEVICE_CDEV" in machine.refuses(DEVICE, "--cdev", *OUT)


def test_a_cdev_without_iommufd(machine):
    (machine.add_pci(driver="vfio-pci", group="1") / "vfio-dev" / "vfio3").mkdir(parents=True)
    machine.add_node("vfio/devices/vfio3")
    # Where there is no node of the group, the cdev is taken by itself.
    for option in ([], ["--cdev"]):
        assert "/dev/iommu is missing" in machine.refuses(DEVICE, *option, *OUT)
    machine.add_node("iommu")
    assert "VFIO_DEVICE_BIND_IOMMUFD failed" in machine.refuses(DEVICE, *OUT)


def test_a_cdev_whose_group_is_not_viable(machine):
    (machine.add_pci(driver="vfio-pci", group="1") / "vfio-dev" / "vfio3").mkdir(parents=True)
    machine.add_pci("0000:01:00.1", driver="nvme", group="1")
    machine.add_node("vfio/devices/vfio3")
    machine.add_node("iommu")
    assert "0000:01:00.1 of the same group" in machine.refuses(DEVICE, *OUT)


def test_no_permission(machine):
    """As another user, since root may open everything."""
    machine.add_pci(driver="vfio-pci", group="1")
    machine.add_node("vfio/1", 0o000)
    for folder in (machine.root, *machine.root.parents):
        if folder.owner() == "root" and not folder.stat().st_mode & 0o005:
            folder.chmod(0o755)
    copy = machine.root / "devfd-capture"
    shutil.copy(CAPTURE, copy)
    copy.chmod(0o755)
    user = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    message = bad(2, copy, "--root", machine.root, DEVICE, *OUT, **user)
    assert "no permission to open it. Run as root, or give yourself the file" in message


def test_nothing_is_written_of_a_device_that_cannot_be_captured(machine, tmp_path):
    machine.add_pci(driver="e1000e", group="1")
    machine.refuses(DEVICE, "-o", tmp_path / "out.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["root"]


# -- usage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [
    [], [DEVICE], ["--list", DEVICE], ["--list", *OUT], ["--list", "--cdev"],
    ["--list", "--sysfs"], ["--json", DEVICE, *OUT], [DEVICE, *OUT, "--to", "tlv"],
    ["--sysfs"], ["--sysfs", DEVICE, "--cdev"], ["--sysfs", DEVICE, "--with-serials"],
    ["--sysfs", DEVICE, "--note", "x"], ["--sysfs", DEVICE, "--to", "xml"],
    [DEVICE, DEVICE, *OUT], ["--cdev", "--container", DEVICE, *OUT], ["--nonsense"], ["-x"],
    [DEVICE, "-o"], ["--list=yes"]], ids=" ".join)
def test_wrong_usage_is_told_with_the_right_one(args):
    message = bad(2, CAPTURE, *args)
    assert "\nusage: devfd capture --list" in message
    assert all(len(line) <= 80 for line in message.splitlines())


def test_help_and_manual_name_every_option():
    text = good(CAPTURE, "--help")
    assert all(len(line) <= 80 for line in text.splitlines())
    manual = (ROOT / "codec" / "cli" / "devfd.1").read_text().replace("\\-", "-")
    for option in re.findall(r"--[a-z-]+", text):
        assert option in manual, option


def test_devfd_runs_it(machine):
    built = DEVFD.parent / "devfd-capture"
    for args in (["--help"], ["--root", machine.root, "--list"]):
        assert good(DEVFD, "capture", *args) == good(built, *args)


# -- predictions ----------------------------------------------------------------------------------


def write_config(folder: Path, *, bars: str = "") -> None:
    """A function with configuration space and one BAR of 16 KiB."""
    config = bytearray(256)
    config[0:4] = bytes.fromhex("f41a4110")
    config[8:12] = bytes.fromhex("00000002")
    (folder / "config").write_bytes(config)
    empty = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    (folder / "resource").write_text(
        (bars or "0x00000000fe000000 0x00000000fe003fff 0x0000000000040200\n") + empty * 12)
    (folder / "irq").write_text("11\n")


@pytest.fixture
def sysfs(machine: Machine) -> Machine:
    write_config(machine.add_pci(driver="virtio-pci"))
    return machine


def test_a_prediction_is_a_canonical_dump(sysfs):
    done = sysfs.capture("--sysfs", "01:00.0")
    assert done.returncode == 0, done.stderr
    dump = json.loads(done.stdout)
    assert (dump["schema"], dump["device"]["vendor"]) == ("devfd/1", 0x1AF4)
    assert dump["regions"][0]["size"] == "0x4000"
    for line in done.stderr.splitlines():
        assert line.startswith("devfd capture: 01:00.0: sysfs does not tell: ")


@pytest.mark.parametrize("layout", ["json", "tlv", "array", "fixed"])
def test_a_prediction_in_every_layout_says_the_same(sysfs, layout, tmp_path):
    out = tmp_path / "out"
    done = sysfs.capture("--sysfs", DEVICE, "-o", out, "--to", layout)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    shown = json.loads(good(DEVFD, "show", "--json", out))
    assert shown == json.loads(sysfs.capture("--sysfs", DEVICE).stdout)


def test_a_prediction_of_a_device_that_is_not_there(sysfs):
    assert "there is no such" in sysfs.refuses("--sysfs", "0000:05:00.0")


# -- output ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["missing/out.json", "."])
def test_a_file_that_cannot_be_written(sysfs, tmp_path, name):
    done = sysfs.capture("--sysfs", DEVICE, "-o", tmp_path / name)
    assert done.returncode == 2
    assert f"devfd capture: {tmp_path / name}: " in done.stderr


def test_a_folder_that_cannot_be_written_keeps_the_old_file(sysfs, tmp_path):
    """/proc takes no files from anybody."""
    done = sysfs.capture("--sysfs", DEVICE, "-o", "/proc/devfd.json")
    assert done.returncode == 2 and "/proc/devfd.json: " in done.stderr


def test_a_full_disk_is_noticed(sysfs):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CAPTURE, "--root", sysfs.root, "--sysfs", DEVICE], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "No space left" in done.stderr


def test_an_interrupted_reader_is_no_crash(sysfs):
    done = subprocess.run(f"{CAPTURE} --root {sysfs.root} --list | true", shell=True, timeout=60,
                          capture_output=True, check=False)
    assert b"Sanitizer" not in done.stderr


def test_colours_and_progress_go_nowhere(sysfs):
    """Not even on a terminal."""
    master, slave = pty.openpty()
    done = subprocess.run([CAPTURE, "--root", sysfs.root, "--list"], stdout=slave, stderr=slave,
                          timeout=60, check=False)
    os.close(slave)
    text = os.read(master, 65536)
    os.close(master)
    assert done.returncode == 0 and b"\033" not in text and b"\r\r" not in text
    assert run(CAPTURE, "--root", sysfs.root, "--list").stderr == ""

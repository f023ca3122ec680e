# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The page without a mouse: Chromium gets real keys, over the pipe of its debugger."""

import io
import json
import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import fabricated_runs as fabricated  # noqa: E402
from runner import report_html  # noqa: E402

CHROMIUM = shutil.which("chromium")
FOCUS = """(() => { const one = document.activeElement, style = getComputedStyle(one);
  return [one.getAttribute("aria-label") || one.name || one.textContent.trim().slice(0, 30),
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2]; })()"""
CODES = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36, "ArrowUp": 38,
         "ArrowRight": 39, "ArrowDown": 40}


class Browser:
    """A page in Chromium, and what a keyboard and an eye can do with it."""

    def __init__(self, profile, address):
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()

        def ends():  # Chromium reads descriptor 3 and writes to 4
            read, write = os.dup(to_read), os.dup(from_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            close_fds=False, preexec_fn=ends, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.number, self.buffer, self.session = 0, b"", None
        target = self.ask("Target.createTarget", url=address)["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target,
                                flatten=True)["sessionId"]
        while not self.value("document.readyState === 'complete' && document.body.className"):
            pass

    def ask(self, method, **params):
        self.number += 1
        said = {"id": self.number, "method": method, "params": params}
        if self.session:
            said["sessionId"] = self.session
        os.write(self.to, json.dumps(said).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                assert select.select([self.back], [], [], 60)[0], "Chromium does not answer"
                data = os.read(self.back, 1 << 16)
                assert data, "Chromium has ended"
                self.buffer += data
            line, _, self.buffer = self.buffer.partition(b"\0")
            answer = json.loads(line)
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression,
                        returnByValue=True)["result"].get("value")

    def press(self, key, shift=False):
        """Presses a key; what has the focus then, and whether that is to be seen."""
        text = {"Enter": "\r", " ": " "}.get(key)
        about = {"key": key, "code": "Space" if key == " " else key, "modifiers": 8 * shift,
                 "windowsVirtualKeyCode": CODES[key]}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **about,
                 **({"text": text} if text else {}))
        self.ask("Input.dispatchKeyEvent", type="keyUp", **about)
        return self.value(FOCUS)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        os.close(self.to)
        os.close(self.back)


@pytest.fixture(name="browser")
def fixture_browser(tmp_path):
    if not CHROMIUM:
        pytest.skip("chromium is not installed: apt-get install chromium")
    out = io.StringIO()
    report_html.write(fabricated.runs() + fabricated.faults(), out, fabricated.RULES)
    page = tmp_path / "page.html"
    page.write_text(out.getvalue(), encoding="utf-8")
    browser = Browser(tmp_path / "profile", page.as_uri())
    yield browser
    browser.close()


def test_all_is_reached_with_tab_and_used_with_keys(browser):
    seen = []
    while not (seen and seen[-1][0].startswith("linux.c, ")):
        seen.append(browser.press("Tab"))
        assert len(seen) < 40, seen
    names = [name for name, _ in seen]
    for name in ("Testees", "search", "format", "level", "role", "class", "outcome", "testee",
                 "Start over", "idle", "group"):
        assert name in names, names
    assert [name for name, visible in seen if not visible] == []

    assert browser.press("ArrowRight") == ["linux.c, bad <b> 2: 1 crash: not robust", True]
    assert browser.press("End")[0].startswith("linux.c, skips")
    assert browser.press("Home")[0].startswith("linux.c, good 1.0")
    assert browser.press("ArrowDown")[0].startswith("linux.d, good 1.0")
    assert browser.press("ArrowUp")[0].startswith("linux.c, good 1.0")
    browser.press("ArrowRight")
    browser.press("Enter")
    assert "SIGSEGV" in browser.value("document.getElementById('detail').textContent")
    assert browser.press("Tab")[0] == "Close"
    assert browser.press("Enter")[0].startswith("linux.c, bad <b> 2")
    assert browser.value("document.getElementById('detail') === null")
    browser.press(" ")
    assert browser.value("document.getElementById('detail') !== null")
    browser.press("Escape")
    assert browser.value("document.getElementById('detail') === null")

    assert browser.press("Tab", shift=True)[0] == "group"
    browser.press(" ")
    heads = "document.querySelectorAll('#matrix thead th[data-n]:not([hidden])').length"
    assert browser.value(heads) == 5
    assert browser.press("Tab", shift=True)[0] == "idle"
    browser.press(" ")
    assert browser.value("document.getElementById('shown').textContent") == "7 of 7 rows shown"

# Copyright 2026 The procspec Authors.
# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, steered over a pair of pipes by its DevTools protocol.

Pipes need no port, no second program and no package beside Chromium itself.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HANG_SECONDS = 60


class Error(Exception):
    pass


def find():
    """The path of the browser, or None."""
    path = os.environ.get("PATH", "") + ":/usr/bin:/usr/local/bin"
    for name in PROGRAMS:
        found = shutil.which(name, path=path)
        if found:
            return found
    return None


class Chromium:
    """One browser with one tab.

    The directory is its own and has a short path: the browser makes a socket
    in it.
    """

    def __init__(self, program, directory):
        self.events = []  # all that were not asked for, in order
        self._number = 0
        self._rest = b""
        ends = os.pipe() + os.pipe()
        # Away from 3 and 4, which the browser expects its own at.
        read_end, self._write, self._read, write_end = (
            fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in ends
        )

        def place():
            os.dup2(read_end, 3)
            os.dup2(write_end, 4)

        environment = dict(os.environ, HOME=directory, TMPDIR=directory)
        for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY"):
            environment.pop(name, None)
        self._log = os.path.join(directory, "chromium.log")
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    "--headless",
                    # The page is our own, and neither root nor a test in
                    # Bazel's sandbox may make another sandbox.
                    "--no-sandbox",
                    "--remote-debugging-pipe",
                    "--user-data-dir=" + os.path.join(directory, "profile"),
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-extensions",
                    "--disable-component-update",
                    "--disable-background-networking",
                    "--no-first-run",
                    "--hide-scrollbars",
                    "--force-color-profile=srgb",
                    "about:blank",
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(3, 4),
                preexec_fn=place,
            )
        # Not before: the next to ask for a descriptor would get 3 or 4.
        for fd in (*ends, read_end, write_end):
            os.close(fd)
        self._session = None
        try:
            self._attach()
        except Error:
            self.close()
            raise

    def _attach(self):
        target = self.call("Target.createTarget", url="about:blank")
        self._session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Performance"):
            self.call(domain + ".enable")

    def close(self):
        for fd in (self._write, self._read):
            os.close(fd)
        # It ends when its pipes do.
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ended(self):
        with open(self._log, encoding="utf-8", errors="replace") as log:
            raise Error(f"the browser has ended:\n{log.read()}")

    def _receive(self):
        while b"\0" not in self._rest:
            if not select.select([self._read], [], [], HANG_SECONDS)[0]:
                raise Error(f"the browser said nothing for {HANG_SECONDS} s")
            data = os.read(self._read, 1 << 16)
            if not data:
                self._ended()
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        """One command of the protocol, with its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._write, data):]
        except BrokenPipeError:
            self._ended()
        while True:
            reply = self._receive()
            if reply.get("id") == self._number:
                if "error" in reply:
                    raise Error(f"{method}: {reply['error']['message']}")
                return reply["result"]
            self.events.append(reply)

    def wait_for(self, method, after):
        """Until the event has happened since events had the length `after`."""
        while not any(e.get("method") == method for e in self.events[after:]):
            self.events.append(self._receive())

    def open(self, url):
        """Loads a page afresh, also if only its fragment differs."""
        for address in ("about:blank", url):
            before = len(self.events)
            result = self.call("Page.navigate", url=address)
            if "errorText" in result:
                raise Error(f"{address}: {result['errorText']}")
            self.wait_for("Page.loadEventFired", before)

    def js(self, expression):
        """The value of an expression, a promise's once it is there."""
        result = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            what = details.get("exception", {}).get("description")
            raise Error(f"{expression}: {what or details['text']}")
        return result["result"].get("value")

    def frame(self):
        """Until what was done is on the screen."""
        self.js(
            "new Promise((r) => requestAnimationFrame(() => "
            "requestAnimationFrame(() => r(0))))"
        )

    def press(self, key, modifiers=0):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36,
                 "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
                 "ArrowDown": 40, "/": 191}
        text = {"Enter": "\r", "/": "/"}.get(key, "")
        common = {"key": key, "code": key if len(key) > 1 else "Slash",
                  "windowsVirtualKeyCode": codes[key], "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)
        self.frame()

    def click(self, selector):
        """With the mouse, where the element is on the screen."""
        x, y = self.js(
            """(() => {
              const e = document.querySelector(%s);
              e.scrollIntoView({block: 'center', inline: 'center'});
              const r = e.getBoundingClientRect();
              return [r.x + r.width / 2, r.y + r.height / 2];
            })()"""
            % json.dumps(selector)
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y,
                      button="left", clickCount=1)
        self.frame()

    def media(self, scheme):
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def size(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=mobile)

    def processor_seconds(self):
        """What the main thread has used since the page began to load."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "ThreadTime")

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

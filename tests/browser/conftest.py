"""A JupyterLab of its own and Debian's Chromium, driven through Playwright; every wait has its bound.

Outside CI a test is skipped, with the reason, where there is no browser; in CI it fails.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest

PATIENCE = 60.0  # seconds of wall time: far more than anything here takes, so that a hang is told from a slow machine
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
IN_CI = bool(os.environ.get("CI"))
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}

READY = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return !!context && context.isReady && context.session?.kernel?.connectionStatus === 'connected';
}"""
# A browser's wait has no bound of its own: each call brings one.
EXECUTE = """async ([code, patience]) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code, store_history: false});
  let printed = '';
  future.onIOPub = message => {
    if (message.header.msg_type === 'stream') printed += message.content.text;
    if (message.header.msg_type === 'error') printed += message.content.traceback.join('\\n');
  };
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error('the kernel is busy')), patience));
  await Promise.race([future.done, late]);
  return printed;
}"""


def _wait_until(true: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Return the first true answer, or fail the test with what was waited for."""
    end = time.monotonic() + seconds
    while not (answer := true()):
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return answer


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Wait for a first true answer, or fail the test: ``wait_until(true, what, seconds)``."""
    return _wait_until


def _missing(reason: str) -> None:
    pytest.fail(reason) if IN_CI else pytest.skip(reason)


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of a Chromium."""
    named = os.environ.get("BATCHLAB_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        _missing(f"no browser on the PATH ({', '.join(CHROMIUM)}); name one in BATCHLAB_CHROMIUM")
    return str(found)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="driving a browser needs the extra test")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, timeout=1000 * PATIENCE)
        yield launched
        launched.close()


@dataclass(frozen=True)
class Server:
    """A Jupyter server with a port, a token and folders of its own."""

    url: str
    token: str
    notebooks: Path

    def request(self, path: str, method: str = "GET") -> Any:
        """Return the JSON that the server answers, or None."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def answers(self) -> bool:
        try:
            return bool(self.request("api/status"))
        except urllib.error.HTTPError:  # it is there, and knows no such page
            return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def end_sessions(self) -> None:
        """End all kernels: a notebook that is opened again would get its old one back."""
        for session in self.request("api/sessions"):
            self.request(f"api/sessions/{session['id']}", "DELETE")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    names = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    own = {name: str(folder / leaf) for name, leaf in (names | {"IPYTHONDIR": "ipython"}).items()}
    settings = folder / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(QUIET), encoding="utf-8")
    return os.environ | own


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)  # it ends its kernels, too
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="package")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers: ``serve(module, arguments)``, in which ``{port}``, ``{token}`` and ``{folder}`` are filled in."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(module: str, arguments: Sequence[str]) -> Server:
        folder = tmp_path_factory.mktemp("jupyter")
        notebooks = folder / "notebooks"
        notebooks.mkdir()
        port, token, log = _free_port(), secrets.token_hex(16), folder / "log"
        filled = [text.format(port=port, token=token, folder=notebooks) for text in arguments]
        server = Server(f"http://127.0.0.1:{port}", token, notebooks)
        command = [sys.executable, "-m", module, *filled]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=output, env=_environment(folder), start_new_session=True, cwd=notebooks
            )
        processes.append(process)
        _wait_until(lambda: server.answers() or process.poll() is not None, f"{module} answers; see {log}")
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return server

    yield start
    for process in processes:
        _end(process)


@pytest.fixture(scope="package")
def lab(serve: Callable[..., Server]) -> Server:
    """A JupyterLab."""
    pytest.importorskip("jupyterlab", reason="JupyterLab comes with the extra notebook")
    return serve(
        "jupyterlab",
        [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            "--port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token={token}",
            "--ServerApp.root_dir={folder}",
            "--LabApp.expose_app_in_browser=True",
        ],
    )


@dataclass
class Notebook:
    """A notebook that is open in the browser, and what the page complained of and asked others for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    off_site: list[str] = field(default_factory=list)

    def open(self, server: Server, address: str) -> None:
        """Open an address of a server."""
        self._listen(server)
        self.page.goto(f"{server.url}/{address}")

    def _listen(self, server: Server) -> None:
        own = urlsplit(server.url).netloc
        self.page.set_default_timeout(1000 * PATIENCE)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

        def complain(message: Any) -> None:
            if message.type == "error":
                self.errors.append(f"{message.text} ({message.location.get('url')})")

        def note(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme.startswith(("http", "ws")) and parts.netloc != own:
                self.off_site.append(request.url)

        self.page.on("console", complain)
        self.page.on("request", note)

    def wait_ready(self) -> None:
        """Wait until the notebook is open and its kernel connected."""
        self.page.wait_for_function(READY)

    def run_all(self) -> None:
        self.page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def reload(self) -> None:
        """Save the notebook and load the page again; the kernel lives on."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.reload()
        self.wait_ready()

    def python(self, code: str) -> str:
        """Run code in the notebook's kernel, behind whatever runs there, and return what it printed."""
        return str(self.page.evaluate(EXECUTE, [code, 1000 * PATIENCE])).strip()

    def restart_kernel(self) -> None:
        """Save the notebook, and begin with a new kernel."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        self.wait_ready()

    def assert_fits(self, name: str) -> None:
        """A panel takes 800 px at most, and nothing that is seen in it reaches beyond its right edge."""
        width, beyond = self.find(name).first.evaluate(
            """panel => {
              const end = part => part.getBoundingClientRect().right;
              const beyond = [...panel.querySelectorAll('*')].filter(
                part => part.checkVisibility() && end(part) > end(panel) + 1
              );
              return [panel.getBoundingClientRect().width, beyond.map(part => part.className)];
            }"""
        )
        assert width <= 800
        assert beyond == []

    def find(self, name: str) -> Any:
        """Return what has the CSS class ``batchlab-<name>``; the page may show it more than once."""
        return self.page.locator(f".batchlab-{name}")

    def press(self, name: str, key: str, times: int = 1) -> None:
        """Press a key on the handle of a slider."""
        handle = self.find(name).locator(".noUi-handle").first
        handle.focus()
        for _ in range(times):
            handle.press(key)

    def type_value(self, name: str, value: object) -> None:
        """Type a value into the readout of a slider."""
        readout = self.find(name).locator(".widget-readout").first
        readout.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(str(value))
        self.page.keyboard.press("Enter")

    def readout(self, name: str) -> str:
        return str(self.find(name).locator(".widget-readout").first.inner_text())

    def cell_errors(self) -> list[str]:
        return list(self.page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts())

    def assert_clean(self) -> None:
        """No cell failed, the console shows no error, and nobody else was asked for anything."""
        assert (self.cell_errors(), self.errors, self.off_site) == ([], [], [])


def _write_notebook(path: Path, cells: Sequence[str]) -> None:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, path)


@pytest.fixture(scope="package")
def write_notebook() -> Callable[[Path, Sequence[str]], None]:
    """Write a notebook of these code cells."""
    return _write_notebook


@pytest.fixture
def screenshots(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Any, str], Path]:
    """Save pictures of a page, or of a part of it; in the folder that BATCHLAB_SCREENSHOTS names, if it does."""
    folder = Path(os.environ.get("BATCHLAB_SCREENSHOTS") or tmp_path)

    def shoot(shown: Any, name: str) -> Path:
        path = folder / f"{name}.png"
        shown.screenshot(path=path)
        return path

    return shoot


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[[], Notebook]]:
    """Open a page of its own, to show a notebook in."""
    contexts: list[Any] = []

    def opened() -> Notebook:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 1500}))
        return Notebook(contexts[-1].new_page())

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_notebook(lab: Server, new_page: Callable[[], Notebook]) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook of these cells in JupyterLab, run them all, and wait until ``shown`` can be seen."""

    def once(name: str, shown: str) -> Notebook:
        notebook = new_page()
        notebook.open(lab, f"lab/tree/{name}?token={lab.token}&reset")
        notebook.wait_ready()
        notebook.run_all()
        notebook.page.wait_for_selector(shown)
        return notebook

    def opened(cells: Sequence[str], shown: str) -> Notebook:
        name = f"{secrets.token_hex(4)}.ipynb"
        _write_notebook(lab.notebooks / name, cells)
        try:
            return once(name, shown)
        except sys.modules["playwright.sync_api"].TimeoutError:  # now and then a fresh kernel's first cell never runs
            lab.end_sessions()
            return once(name, shown)

    yield opened
    lab.end_sessions()

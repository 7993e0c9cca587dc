from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
Process = Callable[..., subprocess.Popen[bytes]]


def _announced(served: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Return address and token, as the announcement tells them."""
    assert served.stdout is not None
    text = ""
    while "curl" not in text:
        line = served.stdout.readline().decode()
        assert line, "it ended without an announcement"
        text += line
    found = re.search(r"GITHUB_API_URL=(\S+) GITHUB_TOKEN=(\S+)\n +batchlab scan local/one", text)
    assert found, text
    return found[1], found[2]


@pytest.mark.long
def test_what_is_served_is_compared_as_the_real_github_would_be(
    batchlab: Run, process: Process, repositories: list[str]
) -> None:
    served = process("serve", "--git", *repositories)
    base_url, token = _announced(served)
    Path("token").write_text(token)
    result = batchlab("compare", "local/one", "local/two", "--api-url", base_url, "--token-file", "token", "--yes")
    assert result.exit_code == 0
    assert f"{base_url}, repositories: 2" in result.stdout
    assert "needs" in result.stdout
    os.killpg(served.pid, signal.SIGINT)
    stdout, stderr = served.communicate(timeout=60)
    assert (served.returncode, stdout, stderr) == (0, b"Stopped.\n", b"")


def test_a_port_in_use_is_named_with_a_way_out(batchlab: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = batchlab("serve", "--port", port)
    assert result.exit_code == 2
    assert f"port {port}: Address already in use" in result.stderr
    assert "--port 0" in result.stderr


def test_what_is_elsewhere_cannot_be_served(batchlab: Run) -> None:
    result = batchlab("serve", "pallets/flask")
    assert result.exit_code == 2
    assert "--git" in result.stderr

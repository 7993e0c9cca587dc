"""What a virtual loop refuses: threads, sockets, pipes, processes and signals, whose time it cannot keep."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from batchlab.errors import BatchLabError


class OutsideWorldError(BatchLabError, NotImplementedError):
    """A coroutine in virtual time asked for a thread, a socket, a pipe, a process or a signal."""


def _refusal(method: str) -> Any:  # of any signature
    def refuse(self: asyncio.AbstractEventLoop, *args: object, **kwargs: object) -> NoReturn:
        raise OutsideWorldError(
            f"{method}() leads out of virtual time, to where its clock cannot follow. Coroutines, timers and "
            "call_soon_threadsafe() are accepted. Do the work inline, use an in-process transport, or run on "
            "an ordinary event loop."
        )

    refuse.__name__ = method
    return refuse


class NoOutsideWorld(asyncio.BaseEventLoop):
    """An event loop without files and threads; each of asyncio's doors to them raises `OutsideWorldError`."""

    run_in_executor = _refusal("run_in_executor")
    set_default_executor = _refusal("set_default_executor")
    getaddrinfo = _refusal("getaddrinfo")
    getnameinfo = _refusal("getnameinfo")
    create_connection = _refusal("create_connection")
    create_server = _refusal("create_server")
    create_datagram_endpoint = _refusal("create_datagram_endpoint")
    create_unix_connection = _refusal("create_unix_connection")
    create_unix_server = _refusal("create_unix_server")
    connect_accepted_socket = _refusal("connect_accepted_socket")
    connect_read_pipe = _refusal("connect_read_pipe")
    connect_write_pipe = _refusal("connect_write_pipe")
    subprocess_shell = _refusal("subprocess_shell")
    subprocess_exec = _refusal("subprocess_exec")
    sendfile = _refusal("sendfile")
    start_tls = _refusal("start_tls")
    sock_recv = _refusal("sock_recv")
    sock_recv_into = _refusal("sock_recv_into")
    sock_recvfrom = _refusal("sock_recvfrom")
    sock_recvfrom_into = _refusal("sock_recvfrom_into")
    sock_sendall = _refusal("sock_sendall")
    sock_sendto = _refusal("sock_sendto")
    sock_sendfile = _refusal("sock_sendfile")
    sock_connect = _refusal("sock_connect")
    sock_accept = _refusal("sock_accept")
    add_reader = _refusal("add_reader")
    remove_reader = _refusal("remove_reader")
    add_writer = _refusal("add_writer")
    remove_writer = _refusal("remove_writer")
    add_signal_handler = _refusal("add_signal_handler")
    remove_signal_handler = _refusal("remove_signal_handler")

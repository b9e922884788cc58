"""What providers' HTTP does with servers that lie, drip, redirect or never answer."""

from __future__ import annotations

import socket
import threading

import pytest

from bandstand.store.payments.providers import UnreachableError, _http


@pytest.fixture
def server():
    """A server that answers every connection with the bytes it is given, and counts the connections."""

    class Server:
        def __init__(self):
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
            self.answer = b""
            self.connections = 0
            self.done = threading.Event()
            self.thread = threading.Thread(target=self.work)
            self.thread.start()

        def work(self):
            while not self.done.is_set():
                try:
                    client, _ = self.listener.accept()
                except OSError:
                    return
                with client:
                    self.connections += 1
                    client.recv(65_536)
                    self.reply(client)

        def reply(self, client):
            if callable(self.answer):
                self.answer(client, self.done)
            else:
                client.sendall(self.answer)

        def close(self):
            self.done.set()
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.thread.join()

    found = Server()
    yield found
    found.close()


def get(url):
    return _http.exchange("GET", url, headers={})


def test_an_answer_is_returned_whatever_its_status(server):
    server.answer = b"HTTP/1.0 200 OK\r\nX-Name: A\r\n\r\nhello"
    assert (get(server.url).status, get(server.url).body) == (200, b"hello")
    assert get(server.url).headers == {"x-name": "A"}
    server.answer = b"HTTP/1.0 503 Away\r\n\r\nno"
    assert get(server.url).status == 503


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    server.answer = f"HTTP/1.0 302 Found\r\nLocation: {server.url}elsewhere\r\n\r\n".encode()
    assert get(server.url).status == 302
    assert server.connections == 1


def test_an_answer_that_never_ends_is_given_up(server):
    def endless(client, done):
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        try:
            while not done.is_set():
                client.sendall(b"x" * 8192)
        except OSError:
            return

    server.answer = endless
    with pytest.raises(UnreachableError):
        get(server.url)


def test_an_answer_that_drips_is_given_up(server, monkeypatch):
    monkeypatch.setattr(_http, "WHOLE", 0.3)

    def dripping(client, done):
        client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        try:
            while not done.wait(0.05):
                client.sendall(b"x")
        except OSError:
            return

    server.answer = dripping
    with pytest.raises(UnreachableError):
        get(server.url)


def test_a_server_that_says_nothing_is_given_up(server, monkeypatch):
    monkeypatch.setattr(_http, "TIMEOUT", 0.3)
    server.answer = lambda client, done: done.wait(20)
    waiting = threading.Timer(5, server.done.set)
    waiting.start()
    with pytest.raises(UnreachableError):
        get(server.url)
    assert not server.done.is_set()
    server.done.set()
    waiting.cancel()


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"])
def test_an_answer_that_is_no_http_is_told_as_such(server, answer):
    server.answer = answer
    with pytest.raises(UnreachableError):
        get(server.url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "file:///etc/passwd", "ftp://127.0.0.1/", "http://[bad/", ""])
def test_an_address_that_leads_nowhere_is_told_as_such(url):
    with pytest.raises(UnreachableError):
        get(url)


def test_the_proxy_of_the_environment_is_not_asked(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.answer = b"HTTP/1.0 200 OK\r\n\r\n"
    assert get(server.url).status == 200

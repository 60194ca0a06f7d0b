"""A web server on this machine that offers small sets, and an empty cache."""

import os
import shutil
import tempfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from genuine_files import cifar_archive, gzipped_idx, images_and_labels, remote, svhn_file

from otbook_utils.data import sources


class Server:
    """Serves `files` (path -> bytes); a path in `cut` breaks off in the middle of its content."""

    def __init__(self):
        self.files, self.cut, self.asked = {}, set(), []
        self.halfway, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                content = server.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                half = len(content) // 2
                try:
                    self.wfile.write(content[:half])
                    self.wfile.flush()
                    server.halfway.set()
                    server.go_on.wait(30)
                    if self.path not in server.cut:
                        self.wfile.write(content[half:])
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client was killed, as a test wanted

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def offer(self, folder, name, content):
        """Serve `content` under /folder/name and return its address."""
        self.files[f"/{folder}/{name}"] = content
        return f"{self.url}/{folder}/{name}"

    def close(self):
        self.go_on.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no copies of one's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("OTBOOK_CACHE", str(folder))
    monkeypatch.delenv("OTBOOK_DATA", raising=False)
    return folder


@pytest.fixture
def as_anybody():
    """A folder of a user without special rights, whom the test is run as; root may do anything."""
    folder = Path(tempfile.mkdtemp())
    root, anybody = os.geteuid(), 65534
    if root == 0:
        os.chown(folder, anybody, anybody)
        os.seteuid(anybody)
    yield folder
    os.seteuid(root)
    for place in folder.rglob("*"):
        place.chmod(0o700)
    shutil.rmtree(folder)


@pytest.fixture
def small_sets(server, monkeypatch):
    """Registers small sets in place of the real ones; returns set -> split -> (images, labels)."""
    expected = {}
    for name in ("mnist", "fashion_mnist"):
        files, expected[name] = {}, {}
        for split, prefix, n in (("train", "train", 7), ("test", "t10k", 3)):
            x, y = expected[name][split] = images_and_labels(n, (28, 28), seed=n)
            pair = []
            for kind, array in (("images-idx3", x), ("labels-idx1", y)):
                file, content = f"{prefix}-{kind}-ubyte.gz", gzipped_idx(array)
                pair.append(remote(file, content, [server.offer(name, file, content)]))
            files[split] = tuple(pair)
        entry = replace(sources.FETCHED[name], files=files)
        monkeypatch.setitem(sources.FETCHED, name, entry)

    members = {split: list(m) for split, m in sources.CIFAR10_MEMBERS.items()}
    batches = {
        m: images_and_labels(4, (32, 32, 3), i)
        for i, m in enumerate([*members["train"], *members["test"]])
    }
    expected["cifar10"] = {
        split: tuple(np.concatenate([batches[m][k] for m in names]) for k in (0, 1))
        for split, names in members.items()
    }
    # The archive's own order is not that of the numbers.
    content = cifar_archive([(m, *batches[m]) for m in reversed(batches)])
    file = "cifar-10-binary.tar.gz"
    archive = remote(file, content, [server.offer("cifar10", file, content)])
    entry = replace(sources.CIFAR10, files={"train": (archive,), "test": (archive,)})
    monkeypatch.setitem(sources.FETCHED, "cifar10", entry)

    files, expected["svhn"] = {}, {}
    for split, n in (("train", 6), ("test", 2)):
        expected["svhn"][split] = images_and_labels(n, (32, 32, 3), seed=n)
        file, content = f"{split}_32x32.mat", svhn_file(*expected["svhn"][split])
        files[split] = (remote(file, content, [server.offer("svhn", file, content)]),)
    monkeypatch.setitem(sources.FETCHED, "svhn", replace(sources.SVHN, files=files))
    return expected

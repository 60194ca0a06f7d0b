"""Laws of fetching: whole and verified, or not at all."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from genuine_files import gzipped_idx, images_and_labels, remote

from otbook_utils.data import DataError, load, sources
from otbook_utils.data.fetching import cache_folder, fetch

SETS = ["mnist", "fashion_mnist", "cifar10", "svhn"]


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", SETS)
def test_a_fetched_set_has_the_images_and_labels_that_were_published(
    name, split, small_sets, cache
):
    data, (x, y) = load(name, split), small_sets[name][split]
    assert np.array_equal(data.x, x) and data.x.dtype == np.uint8
    assert np.array_equal(data.y, y) and data.y.dtype == np.int64
    assert data.x.flags.c_contiguous and data.x.flags.writeable
    assert (data.name, data.split, len(data.classes)) == (name, split, 10)
    for file in sources.FETCHED[name].files[split]:
        assert file.urls[0] in data.source and file.checksum in data.source


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_fetched_once(name, small_sets, cache, server):
    load(name, "test")
    asked = len(server.asked)
    again = load(name, "test")
    assert len(server.asked) == asked
    assert np.array_equal(again.y, small_sets[name]["test"][1])


def test_two_sets_with_equal_file_names_do_not_share_them(small_sets, cache):
    load("mnist", "test"), load("fashion_mnist", "test")
    assert sorted(p.name for p in cache.iterdir()) == ["fashion_mnist", "mnist"]


def test_every_real_file_has_a_published_checksum_and_several_addresses():
    for name, entry in sources.FETCHED.items():
        for split in sources.SPLITS:
            for file in entry.files[split]:
                assert re.fullmatch("sha256:[0-9a-f]{64}", file.checksum)
                assert len(set(file.urls)) >= 2, name
                assert all(url.endswith(f"/{file.name}") for url in file.urls)
                assert file.size > 0
    checksums = [
        file.checksum
        for entry in sources.FETCHED.values()
        for files in entry.files.values()
        for file in files
    ]
    assert len(set(checksums)) == 11  # four, four, CIFAR's one for both splits, two


@pytest.fixture
def content():
    return gzipped_idx(images_and_labels(50, (28, 28))[0])


def test_the_next_mirror_is_tried_when_one_has_no_such_file(server, content, tmp_path):
    good = server.offer("good", "f.gz", content)
    file = remote("f.gz", content, [f"{server.url}/gone/f.gz", good])
    assert fetch(file, tmp_path).read_bytes() == content
    assert server.asked == ["/gone/f.gz", "/good/f.gz"]


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_the_next_mirror_is_tried_when_one_gives_altered_bytes(
    server, content, tmp_path, algorithm
):
    altered = bytes([content[0] ^ 1]) + content[1:]
    urls = [server.offer("bad", "f.gz", altered), server.offer("good", "f.gz", content)]
    file = remote("f.gz", content, urls, algorithm)
    assert fetch(file, tmp_path).read_bytes() == content


def test_the_next_mirror_is_tried_when_one_breaks_off(server, content, tmp_path):
    urls = [server.offer("bad", "f.gz", content), server.offer("good", "f.gz", content)]
    server.cut.add("/bad/f.gz")
    assert fetch(remote("f.gz", content, urls), tmp_path).read_bytes() == content


def test_the_next_mirror_is_tried_when_one_is_not_there(server, content, tmp_path):
    urls = ["http://127.0.0.1:9/f.gz", server.offer("good", "f.gz", content)]
    assert fetch(remote("f.gz", content, urls), tmp_path).read_bytes() == content


@pytest.mark.parametrize("damage", ["altered", "cut off", "shorter", "missing"])
def test_a_file_that_no_mirror_has_whole_leaves_nothing_and_is_explained(
    damage, small_sets, cache, server
):
    path = "/mnist/train-labels-idx1-ubyte.gz"
    good = server.files[path]
    if damage == "altered":
        server.files[path] = good[:-1] + bytes([good[-1] ^ 1])
    elif damage == "cut off":
        server.cut.add(path)
    elif damage == "shorter":
        server.files[path] = good[: len(good) // 2]
    else:
        del server.files[path]
    with pytest.raises(DataError) as info:
        load("mnist", "train")
    labels = sources.FETCHED["mnist"].files["train"][1]
    for part in (labels.name, f"{labels.size:,} bytes", labels.checksum, labels.urls[0]):
        assert part in str(info.value)
    for part in ("load again", "OTBOOK_DATA", "mnist.npz", "x_train", "(n, 28, 28) uint8"):
        assert part in str(info.value)
    left = sorted(p.name for p in cache.rglob("*") if p.is_file())
    assert left == ["train-images-idx3-ubyte.gz"]

    server.files[path] = good
    server.cut.clear()
    assert np.array_equal(load("mnist", "train").y, small_sets["mnist"]["train"][1])


def test_the_error_says_that_the_own_folder_was_looked_into(
    small_sets, cache, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("OTBOOK_DATA", str(tmp_path))
    server.files.clear()
    with pytest.raises(DataError, match=re.escape(f"{tmp_path} has no svhn.npz")):
        load("svhn", "test")


@pytest.mark.parametrize("damage", ["altered", "truncated", "emptied"])
def test_a_cached_file_that_was_damaged_is_fetched_again(damage, small_sets, cache, server):
    load("cifar10", "test")
    cached = cache / "cifar10" / "cifar-10-binary.tar.gz"
    good = cached.read_bytes()
    damaged = {"altered": good[:99] + b"?" + good[100:], "truncated": good[:-9], "emptied": b""}
    cached.write_bytes(damaged[damage])
    assert np.array_equal(load("cifar10", "test").x, small_sets["cifar10"]["test"][0])
    assert cached.read_bytes() == good


def test_a_damaged_cached_file_is_never_read_when_it_cannot_be_fetched_again(
    small_sets, cache, server
):
    load("cifar10", "test")
    cached = cache / "cifar10" / "cifar-10-binary.tar.gz"
    cached.write_bytes(cached.read_bytes()[:-9])
    server.files.clear()
    with pytest.raises(DataError) as info:
        load("cifar10", "test")
    assert "cifar-10-binary.tar.gz could not be fetched" in str(info.value)
    assert f"{cached} is damaged and was not read" in str(info.value)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link to a device"])
def test_what_is_no_file_in_the_cache_is_named_and_not_read(kind, small_sets, cache, server):
    place = cache / "mnist" / "t10k-images-idx3-ubyte.gz"
    place.parent.mkdir(parents=True)
    {
        "pipe": lambda: os.mkfifo(place),
        "folder": place.mkdir,
        "link to a device": lambda: place.symlink_to("/dev/zero"),
    }[kind]()
    with pytest.raises(DataError, match=rf"{place} cannot be kept.*no regular file.*OTBOOK_CACHE"):
        load("mnist", "test")
    assert not server.asked


def test_a_cache_that_cannot_be_searched_or_written_is_named(
    small_sets, monkeypatch, server, as_anybody
):
    monkeypatch.delenv("OTBOOK_DATA", raising=False)
    for mode in (0o000, 0o500):
        monkeypatch.setenv("OTBOOK_CACHE", str(as_anybody / f"{mode}"))
        (as_anybody / f"{mode}").mkdir(mode)
        with pytest.raises(DataError, match=r"cannot be kept: .*ermission.*OTBOOK_CACHE"):
            load("svhn", "test")
    assert not server.asked


def test_a_cache_that_is_a_file_is_named(small_sets, monkeypatch, tmp_path):
    (tmp_path / "cache").write_text("")
    monkeypatch.delenv("OTBOOK_DATA", raising=False)
    for chosen in (tmp_path / "cache", tmp_path / "cache" / "below"):
        monkeypatch.setenv("OTBOOK_CACHE", str(chosen))
        with pytest.raises(DataError, match=r"cannot be kept: .*Not a directory.*OTBOOK_CACHE"):
            load("svhn", "test")


def test_a_killed_download_leaves_no_file_under_the_final_name(server, content, tmp_path):
    file = remote("f.gz", content, [server.offer("slow", "f.gz", content)])
    server.go_on.clear()
    code = (
        "import sys; from pathlib import Path\n"
        "from otbook_utils.data.fetching import fetch\n"
        "from otbook_utils.data.sources import RemoteFile\n"
        f"fetch({file!r}, Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        assert server.halfway.wait(300)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "f.gz").exists()
    server.go_on.set()
    assert fetch(file, tmp_path).read_bytes() == content


def test_a_file_with_the_right_checksum_but_the_wrong_format_is_explained(
    small_sets, cache, server, monkeypatch
):
    files = dict(sources.FETCHED["mnist"].files)
    url = server.offer("mnist", "odd.gz", b"not gzip")
    files["test"] = (remote("odd.gz", b"not gzip", [url]), files["test"][1])
    monkeypatch.setitem(sources.FETCHED, "mnist", replace(sources.FETCHED["mnist"], files=files))
    with pytest.raises(DataError, match=r"odd\.gz.* cannot be read although its checksum"):
        load("mnist", "test")


@pytest.mark.parametrize("size, switch", [(10, "0"), (3_000_000, "0"), (3_000_000, "1")])
def test_a_large_file_shows_its_progress_but_not_in_a_build(
    server, tmp_path, capsys, monkeypatch, size, switch
):
    monkeypatch.setenv("TQDM_DISABLE", switch)
    content = np.random.default_rng(0).bytes(size)
    file = remote("f.bin", content, [server.offer("good", "f.bin", content)])
    assert fetch(file, tmp_path).read_bytes() == content
    shown = size > 1_000_000 and switch == "0"
    assert ("3.00M" in capsys.readouterr().err) == shown


def test_the_cache_is_the_systems_unless_the_environment_names_another(monkeypatch, tmp_path):
    monkeypatch.delenv("OTBOOK_CACHE", raising=False)
    assert cache_folder().name == "otbook"
    monkeypatch.setenv("OTBOOK_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path

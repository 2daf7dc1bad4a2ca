from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import Engine, Module

from services.executor.image_directory import ForeignDirectoryError, ImageDirectory

ENGINE = Engine()
MODULE = Module(ENGINE, '(module (memory (export "memory") 1))')


@pytest.fixture
def directory(tmp_path: Path) -> ImageDirectory:
    found = ImageDirectory(tmp_path / "images")
    found.save("a", MODULE)
    return found


def only_file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "images").iterdir()
    return file


def test_what_was_saved_is_loaded(directory: ImageDirectory, tmp_path: Path) -> None:
    assert directory.load("a", ENGINE) is not None
    assert directory.load("b", ENGINE) is None
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == 0o600


def test_another_process_finds_it(directory: ImageDirectory, tmp_path: Path) -> None:
    assert ImageDirectory(tmp_path / "images").load("a", Engine()) is not None


def test_open_rights_are_closed(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir(mode=0o777)
    ImageDirectory(tmp_path / "images")
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700


def truncate(file: Path) -> None:
    os.truncate(file, 1000)


def edit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def open_to_others(file: Path) -> None:
    file.chmod(0o666)


def link_elsewhere(file: Path) -> None:
    elsewhere = file.parent.parent / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def replace_by_nonsense(file: Path) -> None:
    file.write_bytes(b"nonsense")


@pytest.mark.parametrize("spoil", [truncate, edit, open_to_others, link_elsewhere, replace_by_nonsense])
def test_what_somebody_touched_is_removed_and_made_anew(
    directory: ImageDirectory, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(only_file(tmp_path))
    assert directory.load("a", ENGINE) is None
    assert not list((tmp_path / "images").iterdir())
    directory.save("a", MODULE)
    assert directory.load("a", ENGINE) is not None


def test_a_link_is_no_directory_of_ours(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "images").symlink_to(tmp_path / "real")
    with pytest.raises(ForeignDirectoryError):
        ImageDirectory(tmp_path / "images")


def test_the_oldest_go_when_it_is_full(tmp_path: Path) -> None:
    directory = ImageDirectory(tmp_path / "images", max_bytes=int(len(MODULE.serialize()) * 2.5))
    for number, key in enumerate("abc"):
        directory.save(key, MODULE)
        file = next((tmp_path / "images").glob(f"{key}.*"))
        os.utime(file, ns=(number, number))
    directory.save("d", MODULE)
    assert [key for key in "abcd" if directory.load(key, ENGINE)] == ["c", "d"]

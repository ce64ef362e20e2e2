"""What is installed of a base's packages, on bases that install otherwise than Debian."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from image.container import BASE, ROOT, Built, Container, container, script

SYSTEM = "/system"
NOTED = "/noted"


@pytest.fixture
def bare(image: Built) -> Iterator[Container]:
    """A base without apt-get, to which a test gives another installer: one that notes what it is asked."""
    script("make_base.sh", BASE)
    with container(BASE) as box:
        box.at("/usr/bin/apt-get").unlink()
        box.at(SYSTEM).write_bytes((ROOT / "container" / "system").read_bytes())
        box.at(SYSTEM).chmod(0o755)
        yield box


def give(box: Container, installer: str) -> None:
    path = box.at(f"/usr/bin/{installer}")
    path.write_text(f'#!/bin/sh\necho "{installer} $*" >> {NOTED}\n')
    path.chmod(0o755)


@pytest.mark.parametrize("installer", ["dnf", "microdnf"])
def test_amazon_linux_installs_by(bare: Container, installer: str) -> None:
    give(bare, installer)
    ran = bare.run(SYSTEM, "run", user="root")
    assert ran.returncode == 0, ran.stderr
    asked, cleaned = bare.at(NOTED).read_text().splitlines()
    assert asked.split()[:3] == [installer, "install", "-y"]
    assert {"git-core", "openssh-clients", "unzip"} <= set(asked.split())
    assert not {"python3", "gcc", "python3-pip"} & set(asked.split())
    assert cleaned == f"{installer} clean all"
    assert bare.at("/usr/local/bin/python").is_symlink()
    assert ":993:990:" in bare.at("/etc/passwd").read_text()


def test_libraries_of_lambdas_python_are_found_and_stand_in_for_none_of_the_base(bare: Container) -> None:
    give(bare, "dnf")
    folder = bare.at("/var/lang/lib")
    folder.mkdir(parents=True)
    [library] = bare.at("/usr/lib").glob("*/libz.so.1")
    (folder / "libz.so.1").write_bytes(library.read_bytes())
    # One that the base does not have; its name lies in the file.
    (folder / "liby.so.1").write_bytes(library.read_bytes().replace(b"libz.so.1\0", b"liby.so.1\0"))
    assert bare.run(SYSTEM, "run", user="root").returncode == 0
    loading = (
        "import ctypes; [ctypes.CDLL(name) for name in ('liby.so.1', 'libz.so.1')]; "
        "print({line.split()[-1] for line in open('/proc/self/maps') if '/lib' in line})"
    )
    ran = bare.run("python3", "-c", loading)
    assert "'/var/lang/lib/liby.so.1'" in ran.stdout, ran.stderr
    assert "/var/lang/lib/libz" not in ran.stdout
    assert "/libz.so.1" in ran.stdout


def test_without_an_installer_it_says_so(bare: Container) -> None:
    ran = bare.run(SYSTEM, "run", user="root")
    assert ran.returncode == 1
    assert "has no apt-get, dnf or microdnf" in ran.stderr

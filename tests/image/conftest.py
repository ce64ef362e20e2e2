"""The image is built once for all tests. Where it can't be, they are skipped and say why; in CI that is a failure."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from image.container import Built, Container, build, container, lacking
from image.functions import Deployment, deployment
from image.layers import Layer, layers


@pytest.fixture(scope="session")
def image() -> Built:
    why = lacking()
    if why and os.environ.get("CI"):
        pytest.fail(f"the image must be tested in CI, but: {why}")
    if why:
        pytest.skip(why)
    built = Built.here()
    build()
    return built


@pytest.fixture(scope="session")
def box(image: Built) -> Iterator[Container]:
    with container() as made:
        yield made


@pytest.fixture(scope="session")
def stack(image: Built, tmp_path_factory: pytest.TempPathFactory) -> list[Layer]:
    return layers(tmp_path_factory.mktemp("layers") / "oci")


@pytest.fixture(scope="session")
def deployed(box: Container, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(box, tmp_path_factory.mktemp("deployment") / "aws") as made:
        yield made

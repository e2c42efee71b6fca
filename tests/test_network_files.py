"""What holds for every network file: written and read again it is the same, and nothing but a located error else."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from unittest import mock

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nnlec.errors import NnlecError
from nnlec.models import load_network
from nnlec.network.network import Network
from tests.conftest import examples
from tests.fuzz.mutations import TOKENS, mutants
from tests.networks import FORMS, as_yaml, networks, same

IN_A_FOLDER = examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_verdict(path: Path) -> None:
    """The file is read, or refused with an error that has a place; anything else that is raised fails the test."""
    located = True
    try:
        load_network(path)
    except NnlecError as error:
        located = error.where.startswith(f"{path}:") and bool(error.what)
    assert located, path.read_bytes()


@IN_A_FOLDER
@given(network=networks(), form=st.sampled_from(FORMS), libyaml=st.booleans())
def test_a_network_written_and_read_again_is_equal_to_the_bit(
    network: Network, form: str, libyaml: bool, tmp_path: Path
) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(as_yaml(network, form).encode())
    with mock.patch.object(yaml, "__with_libyaml__", libyaml):
        assert same(load_network(path), network)


@IN_A_FOLDER
@given(network=networks(), form=st.sampled_from(FORMS), data=st.data())
def test_a_hurt_network_is_read_or_refused_with_a_place(
    network: Network, form: str, data: st.DataObject, tmp_path: Path
) -> None:
    content = as_yaml(network, form).encode()
    for token in data.draw(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3)):
        at = data.draw(st.integers(0, len(content)))
        content = content[:at] + token + content[at + data.draw(st.integers(0, 3)) :]
    path = tmp_path / "net.yaml"
    path.write_bytes(content)
    check_verdict(path)


def check_mutants(folder: Path, seed: int, count: int) -> None:
    """As above, over files of the corpus."""
    path = folder / "net.yaml"
    for content in itertools.islice(mutants("yaml", ".yaml", seed), count):
        path.write_bytes(content)
        check_verdict(path)


def test_mutants_of_the_corpus_are_read_or_refused_with_a_place(tmp_path: Path) -> None:
    check_mutants(tmp_path, seed=1, count=500)


@pytest.mark.slow
def test_many_mutants(tmp_path: Path) -> None:
    check_mutants(tmp_path, seed=random.randrange(2**32), count=30_000)

"""A row gives the same bits alone and in any batch, with any number of threads, on every kernel of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlec import save_network
from nnlec.arithmetic import matmul
from nnlec.arithmetic import threads as blas_threads
from nnlec.arithmetic.scratch import Scratch
from nnlec.network import forward
from nnlec.network.activations import ACTIVATIONS, activation
from nnlec.network.layers import Dense
from nnlec.network.network import Network
from tests.conftest import ROOT, Nnlec

SHAPES = ((4, 4, 2), (64, 128, 10), (784, 300, 10), (7, 33, 5, 3), (64, 1), (300, 500, 20), (130, 201, 41))
ROWS = 1300


def network(sizes: tuple[int, ...], seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    names = ["relu"] * (len(sizes) - 2) + ["softmax" if sizes[-1] > 1 else "sigmoid"]
    layers = tuple(
        Dense(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b), activation(name), f"layer {i}")
        for i, (a, b, name) in enumerate(zip(sizes, sizes[1:], names, strict=False), start=1)
    )
    return Network(layers)


def differing_rows() -> int:
    """How many rows differ between one batch, batches of odd heights, shifted rows, and rows alone."""
    found = 0
    for sizes in SHAPES:
        made = network(sizes)
        inputs = np.random.default_rng(1).normal(size=(ROWS, sizes[0]))
        whole = made.forward(inputs)
        for height in (1, 7, 64, 333, 1025):
            count = 12 * height if height < 64 else len(inputs)
            parts = [made.forward(inputs[start : start + height]) for start in range(0, min(count, ROWS), height)]
            together = np.concatenate(parts)
            found += int((together != whole[: len(together)]).any(axis=1).sum())
        for shift in (1, 5, 777):
            found += int((made.forward(inputs[shift:]) != whole[shift:]).any(axis=1).sum())
        found += int((made.forward(np.asfortranarray(inputs)) != whole).any(axis=1).sum())
        found += int((made.trace(inputs[:3]).output != whole[:3]).any(axis=1).sum())
    return found


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("bias", [None, np.array([-0.0, 0.0, 1.5, -2.0])])
def test_a_pass_without_a_trace_gives_its_bits(name: str, bias: np.ndarray | None) -> None:
    """Every activation, hidden and last, in place and apart; also of -0, which products do not keep."""
    rng = np.random.default_rng(2)
    weights = rng.integers(-2, 3, size=(2, 4, 4)) / 4.0
    weights[:, :, 0] = 0.25
    made = Network(tuple(Dense(w, bias, activation(name), f"layer {i}") for i, w in enumerate(weights)))
    inputs = np.concatenate([rng.normal(size=(300, 4)), np.full((4, 4), -0.0), np.full((4, 4), -5e-324)])
    last = made.trace(inputs).layers[-1]
    pre_activation, output = made.last(inputs)
    assert pre_activation.tobytes() == last.pre_activation.tobytes() == made.forward(inputs, logits=True).tobytes()
    assert output.tobytes() == last.output.tobytes() == made.forward(inputs).tobytes()
    assert not (np.signbit(pre_activation) & (pre_activation == 0.0)).any()


def test_results_are_the_callers_own() -> None:
    made = network((8, 16, 8, 4))
    inputs = np.random.default_rng(3).normal(size=(ROWS, 8))
    first = made.forward(inputs)
    before = first.copy()
    made.forward(-inputs)
    assert first.tobytes() == before.tobytes()


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    assert differing_rows() == 0


@pytest.mark.parametrize("shape", [(3, 1), (5, 2), (64, 10), (300, 7)])
def test_a_library_that_is_not_known_is_asked_for_products_of_one_shape(
    shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Accelerate or MKL: that a lower block, or a few columns, have the bits of a whole one is measured of none."""
    asked = set()
    real = np.matmul

    def noted(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        asked.add((a.shape, b.shape))
        product: np.ndarray = real(a, b, out=out)
        return product

    monkeypatch.setattr(matmul, "is_openblas", lambda: False)
    monkeypatch.setattr("nnlec.arithmetic.matmul.np.matmul", noted)  # or what stands for numpy
    rng = np.random.default_rng(4)
    product = matmul.BlockedProduct(rng.normal(size=shape), None)
    inputs = rng.normal(size=(1100, shape[0]))
    whole = product.multiply(inputs)
    assert whole == pytest.approx(inputs @ product._weights)
    for rows in (1, 2, 63, 500, 1024):
        assert product.multiply(inputs[:rows]).tobytes() == whole[:rows].tobytes()
    ((rows, _), (_, columns)) = next(iter(asked))
    assert (len(asked), columns % 8) == (1, 0)
    assert rows == product.block_height


def test_libraries_work_in_one_thread_for_a_command() -> None:
    program = "import os; from nnlec.cli import main\ntry: main()\nexcept SystemExit: print(os.environ)"
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    kept = {key: value for key, value in os.environ.items() if key not in names}
    command = [sys.executable, "-c", program, "--version"]
    said = subprocess.run(
        command, env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    ).stdout
    assert all(f"'{name}': '1'" in said for name in names)


def test_openblas_is_found_in_the_library_beside_numpy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where numpy itself shows nothing of it."""
    if not [*Path(np.__file__).parents[1].glob("numpy.libs/*openblas*")]:
        pytest.skip("numpy did not bring its OpenBLAS along")
    beside = list(blas_threads._libraries())[1:]
    monkeypatch.setattr(blas_threads, "_libraries", lambda: iter(beside))
    get, put = (blas_threads._function.__wrapped__(name) for name in ("get_num_threads", "set_num_threads"))
    assert get is not None
    assert put is not None
    before = get()
    put(1)
    assert get() == 1
    put(before)


class Library:
    """Stands for OpenBLAS: how many threads it was told to use, and each number that it was told."""

    def __init__(self, threads: int) -> None:
        self.threads, self.told = threads, list[int]()

    def function(self, name: str) -> Callable[..., int]:
        def put(threads: int) -> int:
            self.threads = threads
            self.told.append(threads)
            return 0

        return put if name == "set_num_threads" else lambda: self.threads


@pytest.fixture
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas_threads, "_chosen", None)


@pytest.mark.usefixtures("_nothing_chosen")
def test_the_library_has_one_thread_while_rows_are_multiplied(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(6)
    monkeypatch.setattr(blas_threads, "_function", library.function)
    assert blas_threads.is_openblas()
    with blas_threads.one_thread() as share:
        assert (share, library.threads) == (6, 1)
        with blas_threads.one_thread() as inner:
            assert (inner, library.threads) == (6, 1)
        assert library.threads == 1
    assert (library.threads, library.told) == (6, [1, 6])
    with pytest.raises(KeyError), blas_threads.one_thread():
        raise KeyError
    assert (library.threads, library.told) == (6, [1, 6, 1, 6])
    blas_threads.share_rows(3)
    with blas_threads.one_thread() as share:
        assert share == 3
    blas_threads.share_rows(None)
    with blas_threads.one_thread() as share:
        assert share == 6


@pytest.mark.usefixtures("_nothing_chosen")
@pytest.mark.parametrize("missing", ["set_num_threads", "get_num_threads"])
def test_another_library_is_left_alone(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(6)
    known = library.function
    monkeypatch.setattr(blas_threads, "_function", lambda name: None if name == missing else known(name))
    assert not blas_threads.is_openblas()
    with blas_threads.one_thread() as share:
        assert share == 1
    blas_threads.share_rows(4)
    with blas_threads.one_thread() as share:
        assert share == 4
    assert library.told == []


def test_memory_that_stays_is_used_again_where_it_fits() -> None:
    scratch = Scratch()
    first = scratch.array("a", (2, 3))
    assert first.shape == (2, 3)
    assert scratch.array("a", (6,)).base is scratch.array("a", (1, 5)).base is first.base
    assert not np.may_share_memory(scratch.array("b", (2, 3)), first)
    larger = scratch.array("a", (7,))
    assert larger.shape == (7,)
    assert not np.may_share_memory(larger, first)


@pytest.mark.parametrize(("n_in", "n_out"), [(3, 1), (16, 16), (257, 1), (40, 8193), (5, 130)])
def test_a_bias_is_added_to_every_row_and_leaves_no_negative_zero(n_in: int, n_out: int) -> None:
    rng = np.random.default_rng(n_out)
    inputs = rng.integers(-9, 9, size=(130, n_in)).astype(float)
    weights = rng.integers(-9, 9, size=(n_in, n_out)).astype(float)
    bias = rng.integers(-9, 9, size=n_out).astype(float)
    assert (matmul.BlockedProduct(weights, bias).multiply(inputs) == inputs @ weights + bias).all()
    zeros = matmul.BlockedProduct(-0.0 * weights, np.full(n_out, -0.0)).multiply(inputs)
    assert not np.signbit(zeros).any()
    assert not np.signbit(matmul.BlockedProduct(-0.0 * weights, None).multiply(inputs)).any()
    out = np.full((130, n_out + 1), 7.0)
    matmul.BlockedProduct(weights, bias).multiply(inputs, out[:, :-1])
    assert (out[:, :-1] == inputs @ weights + bias).all()
    assert (out[:, -1] == 7.0).all()


def test_plain_multiplication_would_show_its_neighbours() -> None:
    """The test above can fail: rows multiplied one at a time and all at once differ on this machine."""
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(4096, 64)), rng.normal(size=(64, 128))
    alone = np.concatenate([row.reshape(1, -1) @ weights for row in inputs])
    if (alone == inputs @ weights).all():
        pytest.skip("this machine's BLAS multiplies a row alone as in a batch")
    assert (alone != inputs @ weights).any()


def test_layers_of_any_shape_give_a_row_the_same_bits_in_a_block_of_any_height() -> None:
    rng = np.random.default_rng(4)
    for _ in range(25):
        n_in, n_out = (int(size) for size in np.exp(rng.uniform(0.0, 6.5, size=2)))
        layer = Dense(rng.normal(size=(n_in, n_out)), rng.normal(size=n_out), activation("identity"), "layer")
        inputs = rng.normal(size=(1100, n_in))
        whole = Network((layer,)).forward(inputs)
        for height in (1, 63, 130, 513, 1024):
            start = int(rng.integers(0, len(inputs) - height))
            part = Network((layer,)).forward(inputs[start : start + height])
            assert (part == whole[start : start + height]).all(), (n_in, n_out, height, start)


def test_weights_that_lie_in_memory_column_by_column_give_the_same_bits() -> None:
    rng = np.random.default_rng(5)
    weights, inputs = rng.normal(size=(87, 20)), rng.normal(size=(100, 87))
    by_rows, by_columns = (
        Network((Dense(lying, None, activation("identity"), "layer"),)).forward(inputs)
        for lying in (weights, np.asfortranarray(weights))
    )
    assert by_rows.tobytes() == by_columns.tobytes()


def test_the_few_rows_of_a_wide_table_are_shared_between_threads_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of a table with 512 columns has 200 to 500 rows: fewer than are multiplied at a time."""
    made = network((512, 1024, 10))
    inputs = np.random.default_rng(6).normal(size=(300, 512))
    alone = made.forward(inputs)
    shares: list[slice] = []
    real = forward._fill

    def noted(*given: Any) -> None:
        shares.append(given[-1])
        real(*given)

    monkeypatch.setattr(forward, "_fill", noted)
    blas_threads.share_rows(2)
    try:
        assert made.forward(inputs).tobytes() == alone.tobytes()
    finally:
        blas_threads.share_rows(None)
    assert sorted((share.start, share.stop) for share in shares) == [(0, 192), (192, 300)]


def test_a_forked_process_computes_with_threads_of_its_own() -> None:
    script = (
        "import os, numpy as np\n"
        "from tests.test_bits import network\n"
        "made, x = network((64, 128, 10)), np.ones((4096, 64))\n"
        "before = made.forward(x).tobytes()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if made.forward(x).tobytes() == before else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], env=environment, timeout=60, capture_output=True
    )
    assert ran.stdout == b"0\n"


def _has_avx512() -> bool:
    try:
        return "avx512dq" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    "kernel",
    [
        *("", "Nehalem", "SkylakeX"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("Haswell", "Zen", "Sandybridge", "Core2")),
    ],
)
def test_the_same_holds_for_every_kernel_and_number_of_threads(kernel: str) -> None:
    if kernel == "SkylakeX" and not _has_avx512():
        pytest.skip("this processor has no AVX-512")
    script = (
        "import numpy as np\n"
        "from nnlec.arithmetic.threads import _function\n"
        "from tests import test_bits as t\n"
        "inputs = [np.random.default_rng(1).normal(size=(t.ROWS, sizes[0])) for sizes in t.SHAPES]\n"
        "bits = lambda: [t.network(sizes).forward(rows).tobytes() for sizes, rows in zip(t.SHAPES, inputs)]\n"
        "of_two = bits()\n"
        f"if {bool(kernel)}:\n"  # one thread with the kernel of this machine is tried above
        "    _function('set_num_threads')(1)\n"
        "t.test_layers_of_any_shape_give_a_row_the_same_bits_in_a_block_of_any_height()\n"
        "t.test_weights_that_lie_in_memory_column_by_column_give_the_same_bits()\n"
        "assert not t.differing_rows()\n"
        "if set_threads := _function('set_num_threads'):\n"
        "    set_threads(1)\n"
        "    assert bits() == of_two\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
    if kernel:
        environment["OPENBLAS_CORETYPE"] = kernel
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5000), st.sampled_from([(64, 128, 64, 10), (300, 500, 20), (7, 33, 5, 3)]))
@example(3, 4097, (64, 128, 64, 10))
def test_a_row_has_the_same_bits_with_any_number_of_threads(threads: int, rows: int, sizes: tuple[int, ...]) -> None:
    made, inputs = network(sizes), np.random.default_rng(rows).normal(size=(rows, sizes[0]))
    alone = made.forward(inputs)
    blas_threads.share_rows(threads)
    try:
        shared = made.forward(inputs)
    finally:
        blas_threads.share_rows(None)
    assert shared.tobytes() == alone.tobytes()


@pytest.mark.parametrize("engine", ["stream", "polars"])
@pytest.mark.parametrize(
    "command",
    ["forward {net} {table} --predict", "evaluate {net} {table} --target-column y --columns {inputs} -f json"],
)
def test_tables_are_the_same_bytes_with_any_number_of_threads(
    command: str, engine: str, tmp_path: Path, nnlec: Nnlec
) -> None:
    net, table = tmp_path / "net.yaml", tmp_path / "table.csv"
    save_network(network((64, 128, 64, 10)), net)
    rows = np.random.default_rng(5).normal(size=(1500, 64)).round(5)
    names = [f"x{number}" for number in range(1, 65)]
    text = [f"{','.join(map(repr, row))},{number % 10}" for number, row in enumerate(rows.tolist())]
    table.write_text("\n".join([",".join([*names, "y"]), *text]) + "\n", encoding="utf-8")
    typed = [*command.format(net=net, table=table, inputs=",".join(names)).split(), "--engine", engine]
    if command.startswith("forward"):
        typed += ["--columns", ",".join(names)]
    alone, shared = (nnlec(*typed, "--threads", threads) for threads in ("1", "3"))
    assert (alone.returncode, alone.stderr) == (0, "")
    assert shared.stdout == alone.stdout

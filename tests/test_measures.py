"""Every figure of `evaluate` is that of scikit-learn, on random and degenerate tables, for any parts of a table."""

from __future__ import annotations

import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.preprocessing import label_binarize

from nnlec.network.losses import loss
from nnlec.tables import measures
from nnlec.tables.measures import USUAL, Measured, MeasuredBlock, Settings
from nnlec.tables.measures.calibration import BINS, THRESHOLDS

Numbers = np.ndarray[Any, Any]
SEEDS = range(12)
NAMES = ("ant", "bee", "cat", "dog", "eel")


def close(said: Any, expected: Any) -> None:
    """Equal to 1e-12; None where scikit-learn has NaN."""
    as_numbers = np.array([np.nan if each is None else each for each in np.atleast_1d(np.array(said, object))], float)
    np.testing.assert_allclose(as_numbers, np.atleast_1d(expected), rtol=1e-12, atol=1e-12)


def rounded_softmax(logits: Numbers) -> Numbers:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def classes_block(seed: int, *, weighted: bool = False) -> MeasuredBlock:
    """Rows of two to five classes: some tables lack a class or have one alone, and equal scores are common."""
    rng = np.random.default_rng(seed)
    n, rows = 2 + seed % 4, int(rng.integers(1, 60))
    logits = rng.integers(-2, 3, size=(rows, n)).astype(float) if seed % 2 else rng.normal(size=(rows, n))
    target = rng.integers(0, max(1, n - seed % 3), size=rows)
    probabilities = rounded_softmax(logits)
    natural = loss("cross-entropy").value(logits, np.eye(n)[target])
    weights = rng.choice([0.0, 0.3, 1.0, 7.5], size=rows) if weighted else None
    if weights is not None:
        weights[0] = 1.0
    predicted = probabilities.argmax(axis=1)
    return MeasuredBlock(
        "classes", NAMES[:n], target, predicted, probabilities, logits, probabilities, natural, weights
    )


def part(block: MeasuredBlock, rows: slice) -> MeasuredBlock:
    compared, names, *arrays = block
    return MeasuredBlock(compared, names, *(None if each is None else each[rows] for each in arrays))


def said(block: MeasuredBlock, settings: Settings = USUAL) -> dict[str, Any]:
    return Measured.of(block, settings).result()


def mean_of_known(values: list[float]) -> float:
    return float(np.nan if np.isnan(values).all() else np.nanmean(values))


def quietly(function: Any, *given: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (UndefinedMetricWarning, UserWarning))
        return function(*given, **options)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_classes(seed: int, weighted: bool) -> None:
    block = classes_block(seed, weighted=weighted)
    found, true, guess, w = said(block), block.target, block.predicted, block.weights
    labels = range(len(block.names))
    close(found["accuracy"], metrics.accuracy_score(true, guess, sample_weight=w))
    counted = np.ones(len(true), bool) if w is None else w > 0
    close(
        found["balanced_accuracy"],
        quietly(
            metrics.balanced_accuracy_score,
            true[counted],
            guess[counted],
            sample_weight=None if w is None else w[counted],
        ),
    )
    close(np.ravel(found["confusion"]), metrics.confusion_matrix(true, guess, labels=labels, sample_weight=w).ravel())
    for average, key in ((None, ""), ("macro", "macro"), ("weighted", "weighted")):
        expected = quietly(
            metrics.precision_recall_fscore_support,
            true,
            guess,
            labels=labels,
            average=average,
            sample_weight=w,
            zero_division=np.nan,
        )
        of = found[key] if key else found
        for name, value in zip(("precision", "recall", "f1"), expected, strict=False):
            close(of[name], value)
        if not key:
            close(found["support"], expected[3])
    notes = " ".join(found["notes"])
    assert ("no recall" in notes) == (None in found["recall"])
    assert ("no precision" in notes) == (None in found["precision"])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_probabilities(seed: int, weighted: bool) -> None:
    block = classes_block(seed, weighted=weighted)
    n, true, p, w = len(block.names), block.target, block.probabilities, block.weights
    assert p is not None
    found = said(block, Settings(top_k=min(2, n - 1)))
    close(found["log_loss"], metrics.log_loss(true, p, labels=range(n), sample_weight=w))
    given = p[:, 1] if n == 2 else p
    close(found["brier"], metrics.brier_score_loss(true, given, labels=range(n), sample_weight=w))
    assert block.logits is not None
    spread = block.logits - 1e-6 * np.arange(n)  # of equal scores the first is the larger
    guess = metrics.top_k_accuracy_score(
        true, spread[:, 1] - spread[:, 0] if n == 2 else spread, k=min(2, n - 1), labels=range(n), sample_weight=w
    )
    if n > 2:
        close(found["top_k_accuracy"], guess)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_ranking(seed: int, weighted: bool) -> None:
    block = classes_block(seed, weighted=weighted)
    n, w = len(block.names), block.weights
    found = said(block)
    assert block.scores is not None
    one_hot = np.eye(n, dtype=int)[block.target]
    curves = [1] if n == 2 else list(range(n))
    aucs, precisions = [], []
    for j in curves:
        own, score = one_hot[:, j], block.scores[:, j]
        mass = own if w is None else own * w
        rest = 1 - own if w is None else (1 - own) * w
        both = mass.sum() > 0 and rest.sum() > 0
        aucs.append(metrics.roc_auc_score(own, score, sample_weight=w) if both else np.nan)
        some = mass.sum() > 0
        precisions.append(metrics.average_precision_score(own, score, sample_weight=w) if some else np.nan)
    if n > 2:
        close(found["roc_auc_by_class"], aucs)
        close(found["average_precision_by_class"], precisions)
    close(found["roc_auc"], mean_of_known(aucs))
    close(found["average_precision"], mean_of_known(precisions))
    assert "roc_auc_error" not in found
    if any(np.isnan(aucs)):
        assert "no ROC AUC" in " ".join(found["notes"])


def test_multi_class_roc_auc_is_the_mean_of_one_against_the_rest() -> None:
    block = classes_block(3)
    found = said(block)
    one_hot = label_binarize(block.target, classes=range(len(block.names)))
    close(found["roc_auc"], metrics.roc_auc_score(one_hot, block.scores))


@pytest.mark.parametrize("seed", [1, 5, 9])
def test_where_scores_are_cut_the_error_is_within_its_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, 20_000)
    logit = rng.normal(size=20_000) * 3 + true
    p = 1 / (1 + np.exp(-logit))
    both = np.stack([1 - p, p], axis=1)
    block = MeasuredBlock(
        "classes", ("no", "yes"), true, (p > 0.5).astype(int), both, None, both, -np.log(both[np.arange(20_000), true])
    )
    exact, cut = said(block), said(block, Settings(different=1024))
    close(exact["roc_auc"], metrics.roc_auc_score(true, p))
    for figure in ("roc_auc", "average_precision"):
        bound = cut[f"{figure}_error"]
        assert 0 < bound < 2e-2
        assert abs(cut[figure] - exact[figure]) <= bound
    assert "roc_auc_error" not in exact


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_calibration(seed: int, weighted: bool) -> None:
    block = classes_block(seed, weighted=weighted)
    p = block.probabilities
    assert p is not None
    two = len(block.names) == 2
    stated = p[:, 1] if two else p.max(axis=1)
    came = block.target == 1 if two else block.target == block.predicted
    w = np.ones(len(stated)) if block.weights is None else block.weights
    gap = 0.0
    bins = np.digitize(stated, np.linspace(0, 1, BINS + 1)[1:-1], right=True)
    for b in range(BINS):
        own = bins == b
        gap += abs(float((w[own] * came[own]).sum() - (w[own] * stated[own]).sum()))
    found = said(block)
    close(found["calibration_error"], gap / w.sum())
    if two and block.weights is None:
        from sklearn.calibration import calibration_curve

        frequency, probability = calibration_curve(came, stated, n_bins=BINS)
        close([each["frequency"] for each in found["reliability"]], frequency)
        close([each["probability"] for each in found["reliability"]], probability)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", [0, 4, 8])
def test_a_table_by_threshold(seed: int, weighted: bool) -> None:
    block = classes_block(seed, weighted=weighted)
    assert block.probabilities is not None
    lines = said(block, Settings(sweep=True))["thresholds"]
    assert [each["threshold"] for each in lines] == list(THRESHOLDS)
    for line in lines:
        guess = block.probabilities[:, 1] > line["threshold"]
        expected = quietly(
            metrics.precision_recall_fscore_support,
            block.target == 1,
            guess,
            labels=[True],
            sample_weight=block.weights,
            zero_division=np.nan,
        )
        for name, value in zip(("precision", "recall", "f1"), expected, strict=False):
            close(line[name], value)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_labels(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, n = int(rng.integers(1, 40)), 2 + seed % 3
    true = rng.random((rows, n)) < 0.4
    p = rng.integers(0, 11, size=(rows, n)) / 10
    w = rng.choice([0.5, 1.0, 3.0], size=rows) if weighted else None
    block = MeasuredBlock("labels", NAMES[:n], true, p > 0.5, p, None, p, None, w)
    found = said(block)
    close(found["accuracy"], metrics.accuracy_score(true, p > 0.5, sample_weight=w))
    close(
        np.ravel(found["confusion"]),
        metrics.multilabel_confusion_matrix(true, p > 0.5, sample_weight=w).ravel(),
    )
    for average in (None, "macro", "weighted"):
        expected = quietly(
            metrics.precision_recall_fscore_support,
            true,
            p > 0.5,
            average=average,
            sample_weight=w,
            zero_division=np.nan,
        )
        of = found[average] if average else found
        for name, value in zip(("precision", "recall", "f1"), expected, strict=False):
            close(of[name], value)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_numbers(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, n = int(rng.integers(2, 50)), 1 + seed % 3
    true, guess = rng.normal(size=(rows, n)) + 1000 * (seed % 2), rng.normal(size=(rows, n)).round(seed % 4)
    if seed == 5:
        true[:, 0] = 3.0
    w = rng.choice([0.5, 1.0, 3.0], size=rows) if weighted else None
    found = said(MeasuredBlock("numbers", NAMES[:n], true, guess, weights=w))
    raw: dict[str, Any] = {"multioutput": "raw_values", "sample_weight": w}
    names = {
        "mse": metrics.mean_squared_error,
        "mae": metrics.mean_absolute_error,
        "rmse": metrics.root_mean_squared_error,
    }
    for name, function in names.items():
        expected = function(true, guess, **raw)
        close([each[name] for each in found["outputs"]], expected)
        close(found[name], expected.mean())
    r2 = np.where(np.ptp(true, axis=0) == 0, np.nan, metrics.r2_score(true, guess, **raw))
    np.testing.assert_allclose([np.nan if e["r2"] is None else e["r2"] for e in found["outputs"]], r2, rtol=1e-9)
    assert (found["r2"] is None) == (seed == 5)
    assert any("R2" in note for note in found["notes"]) == (seed == 5)
    errors = np.abs(guess - true)
    close([each["largest_error"] for each in found["outputs"]], errors.max(axis=0))
    assert [each["largest_row"] for each in found["outputs"]] == (errors.argmax(axis=0) + 1).tolist()
    assert found["largest_row"] == errors.max(axis=1).argmax() + 1
    if w is None:
        median = metrics.median_absolute_error(true, guess, multioutput="raw_values")
        close([each["median_error"] for each in found["outputs"]], median)
    else:
        assert "no median with weights" in found["notes"]


def test_a_median_of_too_many_different_errors_is_short_by_no_more_than_it_says() -> None:
    rng = np.random.default_rng(3)
    true = rng.normal(size=(9_001, 1)) ** 3
    block = MeasuredBlock("numbers", ("y",), true, np.zeros_like(true))
    exact, cut = said(block), said(block, Settings(different=1024))
    assert exact["median_error"] == np.median(np.abs(true))
    assert exact["median_error"] * (1 - 2**-10) <= cut["median_error"] <= exact["median_error"]
    assert "a median is short by up to 0.001 of itself" in cut["notes"][0]


@pytest.mark.parametrize("different", [1 << 19, 1024])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_parts_of_a_table_do_not_change_a_digit(seed: int, weighted: bool, different: int) -> None:
    block = classes_block(seed, weighted=weighted)
    if seed == 3 and not weighted:
        rng = np.random.default_rng(1)
        p = rng.random(5_000)
        both, true = np.stack([1 - p, p], axis=1), rng.integers(0, 2, 5_000)
        block = MeasuredBlock("classes", ("no", "yes"), true, (p > 0.5).astype(int), both, both, both, p)
    settings = Settings(top_k=1, sweep=True, different=different)
    rows, rng = len(block.target), np.random.default_rng(seed)
    for _ in range(3):
        cuts = sorted({0, rows, *rng.integers(0, rows + 1, 4).tolist()})
        measured = Measured.of(part(block, slice(0, 0)), settings)
        for start, stop in itertools.pairwise(cuts):
            one = pickle.loads(pickle.dumps(Measured.of(part(block, slice(start, stop)), settings)))
            measured = measured.merge(one)
        assert measured.result() == said(block, settings)


def test_no_rows_have_no_figures() -> None:
    found = said(part(classes_block(2), slice(0, 0)), Settings(top_k=1))
    for name in (
        "accuracy",
        "balanced_accuracy",
        "log_loss",
        "brier",
        "roc_auc",
        "calibration_error",
        "top_k_accuracy",
    ):
        assert found[name] is None
    assert said(MeasuredBlock("numbers", ("y",), np.empty((0, 1)), np.empty((0, 1))))["largest_error"] is None


def test_a_score_that_is_nan_leaves_no_curve_and_says_so() -> None:
    block = classes_block(2)
    assert block.probabilities is not None
    block.probabilities[0] = np.nan
    found = said(block)
    assert (found["roc_auc"], found["calibration_error"], found["brier"]) == (None, None, None)
    assert any("NaN" in note for note in found["notes"])


def test_every_metric_has_a_name_of_its_own() -> None:
    names = [row.name for row in measures._ROWS]
    assert len(set(names)) == len(names) == len(measures.METRICS)

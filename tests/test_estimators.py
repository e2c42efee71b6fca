"""scikit-learn's estimators as their attributes say: what each computes, and what is refused and why."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlec
from nnlec import NnlecError, load_network
from nnlec.models import scikit_learn
from nnlec.models.pickled.machine import Global, Thing
from nnlec.models.scikit_learn import network_of


def made(name: str, width: Any = 2, *, module: str = "sklearn.some", **attributes: Any) -> Thing:
    """An estimator for so many inputs."""
    return Thing(Global(module, name), attributes={"n_features_in_": width, **attributes})


def outputs(estimator: Any, *row: float) -> list[float]:
    found: list[float] = network_of(estimator).forward(np.array([row]))[0].tolist()
    return found


def said(estimator: Any) -> str:
    with pytest.raises(NnlecError) as caught:
        network_of(estimator)
    return str(caught.value)


def columns(*entries: Any, width: int = 3, **more: Any) -> Thing:
    return made("ColumnTransformer", width, transformers_=list(entries), **more)


def pipeline(*steps: Any) -> Thing:
    return Thing(
        Global("sklearn.pipeline", "Pipeline"), attributes={"steps": [(f"step {n}", s) for n, s in enumerate(steps)]}
    )


def mlp(weights: Any, biases: Any, name: str = "MLPRegressor", last: str = "identity", **more: Any) -> Thing:
    return made(name, coefs_=weights, intercepts_=biases, activation="relu", out_activation_=last, **more)


TWO = np.array([2.0, 5.0])
HALF = made("MaxAbsScaler", scale_=np.array([2.0, 2.0]))
RIDGE = made("Ridge", coef_=np.array([3.0, -1.0]), intercept_=0.5)
LOGISTIC: dict[str, Any] = {
    "coef_": np.array([[1.0, 0], [0, 1], [1, 1]]),
    "intercept_": np.zeros(3),
    "classes_": ["a", "b", "c"],
}
STANDARD = made("StandardScaler", mean_=TWO, scale_=TWO, with_mean=True, with_std=True)
PERCEPTRON = made("Perceptron", coef_=np.array([[1.0, 1]]), intercept_=np.zeros(1), classes_=["a", "b"])

GIVEN: dict[str, tuple[Thing, tuple[float, ...], list[float]]] = {
    "standard": (STANDARD, (4, 15), [1, 2]),
    "the mean alone": (
        made("StandardScaler", mean_=TWO, scale_=None, with_mean=True, with_std=False), (4, 15), [2, 10]
    ),
    "a mean that is not used": (
        made("StandardScaler", mean_=TWO, scale_=TWO, with_mean=False, with_std=True), (4, 15), [2, 3]
    ),
    "neither": (made("StandardScaler", mean_=None, scale_=None, with_mean=True, with_std=True), (4, 15), [4, 15]),
    "robust": (
        made("RobustScaler", center_=TWO, scale_=TWO, with_centering=True, with_scaling=True), (4, 15), [1, 2]
    ),
    "largest": (made("MaxAbsScaler", scale_=TWO), (4, 15), [2, 3]),
    "between": (made("MinMaxScaler", scale_=TWO, min_=np.array([1.0, -1])), (4, 15), [9, 74]),
    "a line": (RIDGE, (1, 2), [1.5]),
    "a line of one input": (made("Ridge", 1, coef_=np.array([3.0]), intercept_=0.5), (2,), [6.5]),
    "two lines": (made("Lasso", coef_=np.eye(2), intercept_=TWO), (1, 2), [3, 7]),
    "two lines, one intercept": (made("Lasso", coef_=np.eye(2), intercept_=0.5), (1, 2), [1.5, 2.5]),
    "a pipeline": (pipeline(HALF, "passthrough", None, RIDGE), (2, 4), [1.5]),
    "a pipeline in one": (pipeline(pipeline(HALF, HALF), RIDGE), (4, 8), [1.5]),
    "units": (mlp([np.eye(2), np.array([[1.0], [2]])], [np.array([0.0, -3]), np.array([10.0])]), (1, 2), [11]),
    "columns in another order": (columns(("a", HALF, [2, 0])), (1, 2, 4), [2, 0.5]),
    "columns from the end": (columns(("a", HALF, [-1, -3])), (1, 2, 4), [2, 0.5]),
    "columns twice": (columns(("a", HALF, [1, 1])), (1, 2, 4), [1, 1]),
    "a slice": (columns(("a", HALF, slice(1, 3))), (1, 2, 4), [1, 2]),
    "a mask": (columns(("a", HALF, [True, False, True])), (1, 2, 4), [0.5, 2]),
    "a mask of numpy": (columns(("a", HALF, np.array([False, True, True]))), (1, 2, 4), [1, 2]),
    "numbers of numpy": (columns(("a", HALF, np.array([2, 0]))), (1, 2, 4), [2, 0.5]),
    "one column": (columns(("a", made("MaxAbsScaler", 1, scale_=np.array([4.0])), 1)), (1, 2, 4), [0.5]),
    "no column of one": (columns(("a", "passthrough", []), ("b", "passthrough", [0])), (1, 2, 4), [1]),
    "names": (
        columns(("a", HALF, ["z", "x"]), ("b", "passthrough", "y"), feature_names_in_=np.array(["x", "y", "z"])),
        (1, 2, 4),
        [2, 0.5, 2],
    ),
    "dropped": (columns(("a", "drop", [0, 7]), ("b", "passthrough", [1, 2])), (1, 2, 4), [2, 4]),
    "all as they are": (columns(("a", "passthrough", [0, 1, 2])), (1, 2, 4), [1, 2, 4]),
    "a function that is none": (columns(("a", made("FunctionTransformer", func=None), [0])), (1, 2, 4), [1]),
    "all that scalers do": (
        columns(("a", STANDARD, [0, 1]), ("b", made("MinMaxScaler", 1, scale_=np.array([3.0]), min_=np.ones(1)), [2])),
        (4, 15, 2),
        [1, 2, 7],
    ),
    "the second class": (
        made("LogisticRegression", coef_=np.array([[1.0, 1]]), intercept_=np.zeros(1), classes_=["a", "b"]),
        (0, 0),
        [0.5],
    ),
    "three classes": (made("LogisticRegression", **LOGISTIC), (0, 0), [1 / 3] * 3),
    "three classes, multinomial": (
        made("LogisticRegression", multi_class="multinomial", **LOGISTIC), (0, 0), [1 / 3] * 3
    ),
    "three classes, lbfgs": (
        made("LogisticRegression", multi_class="auto", solver="lbfgs", **LOGISTIC), (0, 0), [1 / 3] * 3
    ),
    "one class against the other": (
        made("LogisticRegression", multi_class="ovr", coef_=np.array([[1.0, 1]]), intercept_=0.0, classes_=["a", "b"]),
        (0, 0),
        [0.5],
    ),
    "two classes, liblinear": (
        made("LogisticRegression", solver="liblinear", coef_=np.array([[1.0, 1]]), intercept_=0.0, classes_=["a", "b"]),
        (0, 0),
        [0.5],
    ),
    "two classes of their own": (
        made("LogisticRegression", coef_=np.eye(2), intercept_=np.zeros(2), classes_=["a", "b"]), (0, 0), [0.5, 0.5]
    ),
    "a perceptron above 0": (PERCEPTRON, (1, 0), [1]),
    "a perceptron at 0": (PERCEPTRON, (0, 0), [0]),
    "a perceptron below 0": (PERCEPTRON, (-1, 0), [0]),
    "a perceptron behind a scaler": (pipeline(HALF, PERCEPTRON), (-1, 0), [0]),
    "a perceptron of two": (
        made("Perceptron", coef_=np.eye(2), intercept_=np.zeros(2), classes_=["a", "b"]), (1, 2), [0, 1]
    ),
    "a perceptron of three": (made("Perceptron", **LOGISTIC), (1, 2), [0, 0, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", GIVEN)
def test_an_estimator_gives_what_its_attributes_say(name: str) -> None:
    estimator, row, expected = GIVEN[name]
    np.testing.assert_allclose(outputs(estimator, *row), expected, rtol=1e-15)


def test_columns_in_their_order_need_no_weights() -> None:
    assert [layer.kind for layer in network_of(columns(("a", HALF, [0, 1]), ("b", "passthrough", [2]))).layers] == [
        "scale"
    ]
    network = network_of(columns(("a", STANDARD, [0, 2])))
    assert [(layer.name, layer.kind) for layer in network.layers] == [("columns", "dense"), ("layer 2", "scale")]
    assert sorted(network.layers[1].arrays) == ["divide", "subtract"]
    assert not network_of(columns(("a", "passthrough", [0]))).layers[1].arrays
    assert sorted(network_of(columns(("a", made("MinMaxScaler", scale_=TWO, min_=TWO), [0, 2]))).layers[1].arrays) == [
        "add",
        "multiply",
    ]


def facts(estimator: Thing) -> tuple[Any, ...]:
    network = network_of(estimator)
    return network.kind, network.classes, network.inputs, [layer.activation.name for layer in network.layers]


WEIGHTS = [np.eye(2), np.eye(2)]
ZEROS = [np.zeros(2), np.zeros(2)]


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (RIDGE, ("regression", (), (), ["identity"])),
        (mlp(WEIGHTS, ZEROS), ("regression", (), (), ["relu", "identity"])),
        (
            mlp(WEIGHTS, ZEROS, "MLPClassifier", "softmax", classes_=np.array(["a", "b"])),
            ("multi-class", ("a", "b"), (), ["relu", "softmax"]),
        ),
        (
            mlp(WEIGHTS, ZEROS, "MLPClassifier", "logistic", classes_=[0, 1]),
            ("multi-label", ("0", "1"), (), ["relu", "sigmoid"]),
        ),
        (
            mlp([np.ones((2, 1))], [np.zeros(1)], "MLPClassifier", "logistic", classes_=[0, 1]),
            ("binary", ("0", "1"), (), ["sigmoid"]),
        ),
        (
            mlp([np.eye(2), np.ones((2, 1))], [np.zeros(2), np.zeros(1)], "MLPClassifier", "logistic", classes_=[0, 1]),
            ("binary", ("0", "1"), (), ["relu", "sigmoid"]),
        ),
        (
            made("LogisticRegression", **LOGISTIC, feature_names_in_=np.array(["x", "y"])),
            ("multi-class", ("a", "b", "c"), ("x", "y"), ["softmax"]),
        ),
        (made("Perceptron", **LOGISTIC), ("decision", ("a", "b", "c"), (), ["hardmax"])),
        (
            made("Ridge", coef_=TWO, intercept_=0.0, feature_names_in_=["x", "y", "z"]),
            ("regression", (), (), ["identity"]),
        ),
        (
            made("Ridge", coef_=TWO, intercept_=0.0, feature_names_in_=["x", "x"]),
            ("regression", (), (), ["identity"]),
        ),
        (
            pipeline(made("MaxAbsScaler", scale_=TWO, feature_names_in_=["x", "y"]), RIDGE),
            ("regression", (), ("x", "y"), ["identity", "identity"]),
        ),
    ],
)  # fmt: skip
def test_kind_classes_inputs_and_activations(estimator: Thing, expected: tuple[Any, ...]) -> None:
    assert facts(estimator) == expected


@pytest.mark.parametrize(
    ("given", "name"),
    [("identity", "identity"), ("logistic", "sigmoid"), ("tanh", "tanh"), ("relu", "relu"), ("exp", "exponential")],
)
def test_activations_have_their_own_names(given: str, name: str) -> None:
    assert network_of(mlp(WEIGHTS, ZEROS, last=given)).layers[1].activation.name == name


LONG = "x" * 300
REFUSED: list[tuple[Any, str]] = [
    (made("Ridge", None), "Ridge is not fitted: n_features_in_ is missing"),
    (made("Ridge", 0), "Ridge is not fitted: n_features_in_ is missing"),
    (made("Ridge", 2.0), "Ridge is not fitted: n_features_in_ is missing"),
    (made("MaxAbsScaler", 10_000_000, scale_=None), "MaxAbsScaler is not fitted: n_features_in_ is missing"),
    (pipeline(), "Pipeline is not fitted: n_features_in_ is missing"),
    (made("Ridge", intercept_=0.0), "Ridge: it is not fitted: coef_ is missing"),
    (made("Ridge", coef_=["a"], intercept_=0.0), "Ridge: coef_ is no array of numbers"),
    (made("Ridge", coef_=np.ones(3), intercept_=0.0), "Ridge: it takes [3], but [2] comes in"),
    (made("Ridge", coef_=np.ones(2), intercept_=np.ones(2)), "an estimator whose attributes are not what scikit-learn"),
    (made("Tree"), "Tree is no network (these are read: Pipeline, ColumnTransformer, StandardScaler, "),
    (made("Ridge", module="other.linear"), "other.linear.Ridge is no network"),
    (made(LONG), f"{LONG[:40]}"),
    (pipeline(HALF, 3), "3 is no network"),
    (pipeline(HALF, made("Tree")), "Tree is no network"),
    (pipeline(HALF, pipeline(made("MinMaxScaler", clip=True, scale_=TWO, min_=TWO))), "MinMaxScaler: clip=True keeps"),
    (pipeline(HALF, pipeline()), "a pipeline without steps"),
    (made("Pipeline", steps="none"), "its steps are no list"),
    (made("Pipeline", steps=[("a", None)] * 101), "its steps are no list"),
    (made("Pipeline", steps=[("a", None)] * 100), "a pipeline without steps"),
    (made("Pipeline", steps=[("a", HALF), ["b", HALF]]), "its steps are no pairs of a name and an estimator"),
    (made("Pipeline", steps=[("a", HALF, 1)]), "its steps are no pairs of a name and an estimator"),
    (made("MaxAbsScaler", scale_=np.ones(3)), "MaxAbsScaler: numbers for 3 inputs, but 2 come in"),
    (columns(("a", HALF)), "ColumnTransformer: its transformers are no triples"),
    (columns(["a", HALF, [0, 1]]), "ColumnTransformer: its transformers are no triples"),
    (columns(("a", "drop", [0])), "ColumnTransformer: no column is left"),
    (columns(("a", HALF, [0])), "ColumnTransformer: 2 numbers for 1 column"),
    (columns(("a", made("OneHotEncoder"), [0])), "ColumnTransformer: OneHotEncoder is no scaler (these are"),
    (columns(("a", made("FunctionTransformer", func="log"), [0])), "ColumnTransformer: FunctionTransformer is no"),
    (columns(("a", 3, [0])), "ColumnTransformer: a transformer that is no estimator"),
    (columns(("a", "passthrough", [3])), "ColumnTransformer: columns that are not there"),
    (columns(("a", "passthrough", [-4])), "ColumnTransformer: columns that are not there"),
    (columns(("a", "passthrough", [0, 3])), "ColumnTransformer: columns that are not there"),
    (columns(("a", "passthrough", ["x"]), feature_names_in_=["y"]), "ColumnTransformer: columns that are not there"),
    (columns(("a", "passthrough", [0.0])), "ColumnTransformer: columns that are not there"),
    (columns(("a", "passthrough", [False, False, False, True])), "ColumnTransformer: columns that are not there"),
    (mlp(np.ones(3), ZEROS), "MLPRegressor: coefs_ and intercepts_ are no lists of equally many arrays"),
    (mlp(WEIGHTS, np.ones(2)), "MLPRegressor: coefs_ and intercepts_ are no lists of equally many arrays"),
    (mlp(WEIGHTS, ZEROS[:1]), "MLPRegressor: coefs_ and intercepts_ are no lists of equally many arrays"),
    (mlp([], []), "MLPRegressor: coefs_ and intercepts_ are no lists of equally many arrays"),
    (mlp([1] * 999, [1] * 999), "MLPRegressor: weights that are no array of numbers"),
    (mlp([np.array([["a"]])], ZEROS[:1]), "MLPRegressor: weights that are no array of numbers"),
    (mlp(WEIGHTS, ZEROS, last="gauss"), "MLPRegressor: the activation gauss is not known here"),
    (mlp(WEIGHTS, ZEROS, "MLPClassifier"), "MLPClassifier: it is not fitted: classes_ is missing"),
    (mlp(WEIGHTS, ZEROS, "MLPClassifier", classes_="ab"), "MLPClassifier: classes_ is no list of one target's classes"),
    (made("LogisticRegression", multi_class="ovr", **LOGISTIC), "LogisticRegression: one class against the others"),
    (made("LogisticRegression", multi_class="warn", **LOGISTIC), "LogisticRegression: one class against the others"),
    (made("LogisticRegression", solver="liblinear", **LOGISTIC), "LogisticRegression: one class against the others"),
    (
        made("LogisticRegression", multi_class="multinomial", coef_=TWO, intercept_=0.0, classes_=["a", "b"]),
        "LogisticRegression: multi_class='multinomial' of two classes is not read",
    ),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_is_no_network_is_refused_by_its_reason(number: int) -> None:
    estimator, reason = REFUSED[number]
    assert said(estimator).startswith(reason)
    assert len(said(estimator)) < 400


def test_a_pipeline_that_holds_itself_is_refused() -> None:
    own = made("Pipeline")
    own.attributes["steps"] = [("a", own)]
    assert said(own) == "an estimator whose attributes are not what scikit-learn makes them"


def test_columns_that_arrays_and_names_choose(tmp_path: Path) -> None:
    compose = pytest.importorskip("sklearn.compose", reason="scikit-learn is in the test extra")
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    rows = np.array([[1.0, -2, 30], [2, 5, -7], [4, 0, 1]])
    chosen = [("s", StandardScaler(), np.array([2, 0])), ("m", MinMaxScaler(), np.array([False, True, False]))]
    estimator = compose.ColumnTransformer(chosen).fit(rows)
    expected = estimator.transform(rows)
    for named in (False, True):
        if named:  # as after fit with a data frame
            estimator.feature_names_in_ = np.array(["x", "y", "z"], dtype=object)
            pairs = zip(estimator.transformers_, (["z", "x"], ["y"]), strict=True)
            estimator.transformers_ = [(*entry[:2], names) for entry, names in pairs]
        (tmp_path / "c.pkl").write_bytes(pickle.dumps(estimator))
        for network in (load_network(tmp_path / "c.pkl"), nnlec.from_sklearn(estimator)):
            np.testing.assert_allclose(network.forward(rows), expected, rtol=1e-12, atol=1e-15)
            assert network.inputs == (("x", "y", "z") if named else ())


def test_estimators_inside_lists_and_tuples_in_memory_are_found() -> None:
    from sklearn.preprocessing import MaxAbsScaler

    inner = MaxAbsScaler()
    place = scikit_learn._thing([("a", inner), (1, [inner])])
    assert (type(place), type(place[0]), place[0][1].kind.name, place[1][1][0].kind.name) == (
        list,
        tuple,
        "MaxAbsScaler",
        "MaxAbsScaler",
    )
    pair = Global("a", "b")
    assert scikit_learn._thing(pair) is pair


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"K\x01.", "a pickle of something that is no estimator of scikit-learn"),
        (b"cbuiltins\nobject\n)\x81.", "a pickle of something that is no estimator of scikit-learn"),
        (b"csklearn.tree\nTree\n)\x81.", "Tree is not fitted: n_features_in_ is missing"),
        (b"csklearn\nTree\n)\x81.", "it names sklearn.Tree, which no estimator that is read holds (nothing is"),
        (b"cos\nsystem\n.", "it names os.system, which no estimator that is read holds (nothing is"),
        (
            b"ctorch.nn.modules.linear\nLinear\n.",
            "it holds torch.nn.modules.linear.Linear, a class whose code would have to run (PyTorch: save model.state_",
        ),
        (b"c__main__\nNet\n.", "it holds __main__.Net, a class whose code would have to run (PyTorch: save"),
    ],
)  # fmt: skip
def test_a_pickle_of_something_else_is_refused_by_its_name(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"\x80\x02" + content)
    with pytest.raises(NnlecError) as caught:
        load_network(tmp_path / "m.pkl")
    assert str(caught.value).removeprefix(f"{tmp_path}/m.pkl: ").startswith(reason)

"""What each class of scikit-learn computes, as layers. Source: their attributes as scikit-learn documents them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlec.errors import NnlecError, shortened
from nnlec.models.assembly import Assembly, activation_of, distinct
from nnlec.models.pickled.machine import MOST_ITEMS, Global, Thing
from nnlec.text import counted, visible

if TYPE_CHECKING:
    from nnlec.arithmetic.types import Array
    from nnlec.network.network import Network

_ACTIVATIONS = {
    "identity": "identity",
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "softmax": "softmax",
    "exp": "exponential",
}
_MOST_STEPS = 100

StepReader = Callable[[Assembly, Thing], dict[str, Any]]
"""Adds the layers of an estimator; what it says of the network's names."""


def network_of(estimator: Thing) -> Network:
    """The network of an estimator. Raises `NnlecError` for one of a class, or with an option, that is no network."""
    _expect_bounded(estimator)
    try:
        return _network(estimator)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, StopIteration):
        raise NnlecError("an estimator whose attributes are not what scikit-learn makes them") from None


def _expect_bounded(estimator: Thing) -> None:
    """Raises `NnlecError` where lists that hold another one more than once would be too many items one by one."""
    sizes: dict[int, int] = {}
    waiting: list[tuple[Any, bool]] = [(estimator, False)]
    while waiting:
        value, done = waiting.pop()
        if done:
            sizes[id(value)] = 1 + sum(sizes.get(id(each), 1) for each in _inner(value))
            if sizes[id(value)] > MOST_ITEMS:
                raise NnlecError(f"an estimator that would grow to more than {MOST_ITEMS:,} items")
        elif id(value) not in sizes:
            sizes[id(value)] = 1  # what holds itself is counted once
            waiting.append((value, True))
            waiting += [(each, False) for each in _inner(value) if isinstance(each, list | tuple | dict | Thing)]


def _inner(value: Any) -> Sequence[Any]:
    if isinstance(value, Thing):
        return [*value.attributes.values(), *value.arguments]
    return list(value.values()) if isinstance(value, dict) else value


def _network(estimator: Thing) -> Network:
    width = _of_first(estimator, "n_features_in_")
    if not isinstance(width, int | np.integer) or not 0 < width < 10_000_000:
        raise NnlecError(f"{estimator.kind.name} is not fitted: n_features_in_ is missing")
    given = _of_first(estimator, "feature_names_in_")
    names = () if given is None else distinct([str(name) for name in given])
    assembly = Assembly((int(width),))
    said = _add(assembly, estimator)
    inputs = names if len(names) == width else ()
    return assembly.network(inputs=inputs, **said)


def _of_first(estimator: Thing, name: str) -> Any:
    """An attribute of an estimator, or of the first step of a pipeline; None where neither has it."""
    given = attribute(estimator, name, None)
    if given is None and estimator.kind.name == "Pipeline":
        return next((_of_first(step, name) for _, step in _steps(estimator)), None)
    return given


def attribute(thing: Thing, name: str, *default: Any) -> Any:
    """An attribute of an estimator. Raises `NnlecError` for a missing one without a default."""
    if name in thing.attributes:
        return thing.attributes[name]
    if default:
        return default[0]
    raise NnlecError(f"it is not fitted: {name} is missing", where=visible(shortened(thing.kind.name)))


def numbers(thing: Thing, name: str) -> Array:
    """An attribute that is an array of numbers, or one number."""
    try:
        return np.asarray(attribute(thing, name), dtype=np.float64)
    except (TypeError, ValueError):
        raise NnlecError(f"{name} is no array of numbers", where=thing.kind.name) from None


def _add(assembly: Assembly, thing: Any) -> dict[str, Any]:
    if not isinstance(thing, Thing) or not thing.kind.module.startswith("sklearn.") or thing.kind.name not in STEPS:
        kind = thing.kind if isinstance(thing, Thing) else thing
        name = kind.name if isinstance(kind, Global) and kind.module.startswith("sklearn.") else str(kind)
        known = ", ".join(STEPS)
        raise NnlecError(f"{visible(shortened(name))} is no network", hint=f"these are read: {known}")
    try:
        return STEPS[thing.kind.name](assembly, thing)
    except NnlecError as error:
        raise error.at(thing.kind.name) if thing.kind.name != "Pipeline" and not error.where else error from None


def _steps(thing: Thing) -> list[tuple[str, Any]]:
    steps = attribute(thing, "steps")
    if not isinstance(steps, list) or len(steps) > _MOST_STEPS:
        raise NnlecError("its steps are no list")
    pairs = [step for step in steps if isinstance(step, tuple) and len(step) == 2]
    if len(pairs) != len(steps):
        raise NnlecError("its steps are no pairs of a name and an estimator")
    return [(name, step) for name, step in pairs if step is not None and step != "passthrough"]


def _pipeline(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    said: dict[str, Any] = {}
    depth = len(assembly.layers)
    for _, step in _steps(thing):
        said = _add(assembly, step)
    if len(assembly.layers) == depth:
        raise NnlecError("a pipeline without steps")
    return said


def _last(assembly: Assembly) -> int:
    return len(assembly.layers)


def scaling(thing: Thing) -> dict[str, Array]:
    """What a scaler does, as values of a scale layer."""
    name = thing.kind.name
    if name not in SCALERS:
        raise NnlecError(f"{visible(shortened(name))} is no scaler", hint=f"these are read: {', '.join(SCALERS)}")
    given: dict[str, Array] = {}
    for key, (source, option) in SCALERS[name].items():
        if option and not attribute(thing, option):
            continue
        if attribute(thing, source) is not None:
            given[key] = numbers(thing, source)
    if name == "MinMaxScaler" and attribute(thing, "clip", False):
        raise NnlecError("clip=True keeps numbers within bounds, which no layer does")
    return given


SCALERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "StandardScaler": {"subtract": ("mean_", "with_mean"), "divide": ("scale_", "with_std")},
    "RobustScaler": {"subtract": ("center_", "with_centering"), "divide": ("scale_", "with_scaling")},
    "MaxAbsScaler": {"divide": ("scale_", "")},
    "MinMaxScaler": {"multiply": ("scale_", ""), "add": ("min_", "")},
}
"""Class -> the key of a scale layer -> the attribute that holds it, and the option that switches it off."""


def _scaler(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    given, width = scaling(thing), assembly.shapes[-1][0]
    for array in given.values():
        if array.size != width:
            raise NnlecError(f"numbers for {array.size} inputs, but {width} come in")
    assembly.add("scale", given or {"multiply": 1.0}, (_last(assembly),))
    return {}


def _columns(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    """A transformer of columns: weights of 0 and 1 that choose them, and one scale layer for all."""
    width = assembly.shapes[-1][0]
    given_names = attribute(thing, "feature_names_in_", None)
    names = [] if given_names is None else [str(name) for name in given_names]
    chosen: list[int] = []
    keys: dict[str, list[float]] = {"subtract": [], "divide": [], "multiply": [], "add": []}
    for entry in attribute(thing, "transformers_"):
        if not isinstance(entry, tuple) or len(entry) != 3:
            raise NnlecError("its transformers are no triples")
        _, transformer, columns = entry
        if transformer == "drop":
            continue
        picked = _picked(columns, width, names)
        given = {} if _passes(transformer) else scaling(transformer)
        chosen += picked
        for key, neutral in zip(keys, (0.0, 1.0, 1.0, 0.0), strict=True):
            array = given.get(key, np.full(len(picked), neutral))
            if array.size != len(picked):
                raise NnlecError(f"{counted(array.size, 'number')} for {counted(len(picked), 'column')}")
            keys[key] += array.ravel().tolist()
    if not chosen:
        raise NnlecError("no column is left")
    if chosen != list(range(width)):
        weights = np.zeros((width, len(chosen)))
        weights[chosen, range(len(chosen))] = 1.0
        assembly.add("dense", {"weights": weights}, (_last(assembly),), "columns")
    assembly.add("scale", keys, (_last(assembly),))
    return {}


def _passes(transformer: Any) -> bool:
    if transformer == "passthrough":
        return True
    if not isinstance(transformer, Thing):
        raise NnlecError("a transformer that is no estimator")
    named = transformer.kind.name == "FunctionTransformer"
    return named and attribute(transformer, "func", None) is None


def _picked(columns: Any, width: int, names: list[str]) -> list[int]:
    """The columns as numbers from 0."""
    if isinstance(columns, slice):
        return list(range(width))[columns]
    listed = [columns] if isinstance(columns, str | int) else list(columns)
    if listed and all(isinstance(each, bool | np.bool_) for each in listed):
        listed = [place for place, taken in enumerate(listed) if taken]
    places = [names.index(each) if isinstance(each, str) and each in names else each for each in listed]
    if not all(isinstance(each, int | np.integer) and -width <= each < width for each in places):
        raise NnlecError("columns that are not there")
    return [int(each) % width for each in places]


def _classes(thing: Thing) -> tuple[str, ...]:
    given = attribute(thing, "classes_")
    if not isinstance(given, list | np.ndarray):
        raise NnlecError("classes_ is no list of one target's classes")
    return distinct([str(each) for each in given])


def _perceptron_layers(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    """MLPClassifier and MLPRegressor."""
    weights, biases = attribute(thing, "coefs_"), attribute(thing, "intercepts_")
    if not isinstance(weights, list) or not isinstance(biases, list) or not 0 < len(weights) == len(biases):
        raise NnlecError("coefs_ and intercepts_ are no lists of equally many arrays")
    inner, last = (_known_activation(attribute(thing, name)) for name in ("activation", "out_activation_"))
    for number, (matrix, bias) in enumerate(zip(weights, biases, strict=True), start=1):
        chosen = last if number == len(weights) else inner
        values = {"weights": _finite(matrix), "bias": _finite(bias)}
        assembly.add("dense", values, (_last(assembly),), activation=activation_of(chosen))
    if thing.kind.name == "MLPRegressor":
        return {"kind": "regression"}
    return {"classes": _classes(thing)}


def _known_activation(name: Any) -> str:
    if name not in _ACTIVATIONS:
        raise NnlecError(f"the activation {visible(shortened(str(name)))} is not known here")
    return _ACTIVATIONS[name]


def _finite(array: Any) -> Array:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise NnlecError("weights that are no array of numbers")
    return array.astype(np.float64)


def _linear(assembly: Assembly, thing: Thing, activation: str) -> None:
    """The one layer of a linear model."""
    coefficients = np.atleast_2d(numbers(thing, "coef_"))
    bias = np.broadcast_to(np.atleast_1d(numbers(thing, "intercept_")), (len(coefficients),))
    values = {"weights": coefficients.T, "bias": bias}
    assembly.add("dense", values, (_last(assembly),), activation=activation_of(activation))


def _regressor(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    _linear(assembly, thing, "identity")
    return {"kind": "regression"}


def _logistic(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    classes = _classes(thing)
    way = attribute(thing, "multi_class", "auto")
    several = len(np.atleast_2d(numbers(thing, "coef_"))) > 1
    apart = way in ("ovr", "warn") or (way != "multinomial" and attribute(thing, "solver", "") == "liblinear")
    if several and apart:
        raise NnlecError("one class against the others: its sigmoids are divided by their sum, which no layer does")
    if not several and way == "multinomial":
        raise NnlecError("multi_class='multinomial' of two classes is not read")
    _linear(assembly, thing, "softmax" if several else "sigmoid")
    return {"classes": classes}


def _decided(assembly: Assembly, thing: Thing) -> dict[str, Any]:
    """A perceptron, which has no probabilities: the class with the largest score, or with one above 0."""
    classes = _classes(thing)
    _linear(assembly, thing, "identity")
    several = assembly.shapes[-1][0] > 1
    decision = activation_of("hardmax") if several else activation_of("step", {"at_zero": 0.0})
    assembly.change(_last(assembly), activation=decision)
    return {"classes": classes, "kind": "decision"}


STEPS: Mapping[str, StepReader] = {
    "Pipeline": _pipeline,
    "ColumnTransformer": _columns,
    **dict.fromkeys(SCALERS, _scaler),
    **dict.fromkeys(("MLPClassifier", "MLPRegressor"), _perceptron_layers),
    "LogisticRegression": _logistic,
    "Perceptron": _decided,
    **dict.fromkeys(("LinearRegression", "Ridge", "Lasso", "ElasticNet"), _regressor),
}
"""Class -> the layers it becomes; whatever is not here is no network."""

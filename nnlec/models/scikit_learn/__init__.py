"""scikit-learn's estimators as networks: scalers, linear models, multi-layer perceptrons, and pipelines of them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from nnlec.errors import NnlecError
from nnlec.models.pickled.arrays import rules_for
from nnlec.models.pickled.machine import Global, Machine, Thing
from nnlec.models.scikit_learn.estimators import network_of

if TYPE_CHECKING:
    from nnlec.network.network import Network

__all__ = ["network_of", "of_estimator", "read_estimator"]

_OTHERS = {
    Global("numpy.random._pickle", "__randomstate_ctor"),
    Global("numpy.random._pickle", "__bit_generator_ctor"),
    Global("numpy.random._mt19937", "MT19937"),
    Global("numpy.random.mtrand", "RandomState"),
    Global("copyreg", "_reconstructor"),
    Global("builtins", "object"),
    Global("builtins", "float"),
    Global("builtins", "int"),
    Global("numpy", "float64"),
    Global("numpy", "float32"),
    Global("numpy", "int64"),
}
"""Names that stand in an estimator's pickle without a meaning for the network."""


def read_estimator(content: bytes) -> Thing:
    """The estimator in a pickle, as a thing with attributes. Raises `NnlecError` where there is none."""
    rules = rules_for(lambda name: name.module.startswith("sklearn.") or name in _OTHERS)
    found = Machine(BytesIO(content), rules._replace(refusal=_refused)).run()
    if not isinstance(found, Thing) or not found.kind.module.startswith("sklearn."):
        raise NnlecError("a pickle of something that is no estimator of scikit-learn")
    return found


def _refused(name: Global) -> NnlecError:
    if name.module.startswith(("torch.nn", "__main__")):
        hint = "PyTorch: save model.state_dict(), or export it to ONNX"
        return NnlecError(f"it holds {name}, a class whose code would have to run", hint=hint)
    return NnlecError(f"it names {name}, which no estimator that is read holds", hint="nothing is called or imported")


def of_estimator(estimator: Any) -> Network:
    """The network of an estimator in memory."""
    return network_of(_thing(estimator))


def _thing(value: Any) -> Any:
    """An estimator as a thing, those inside it too."""
    if isinstance(value, list | tuple):
        return type(value)(map(_thing, value)) if type(value) in (list, tuple) else value
    kind = Global(type(value).__module__, type(value).__name__)
    if not kind.module.startswith("sklearn."):
        return value
    return Thing(kind, attributes={name: _thing(each) for name, each in getattr(value, "__dict__", {}).items()})

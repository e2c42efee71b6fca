"""The class an evaluation counts is the class of the largest probability, the first of equals, whatever the logits."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.network import Network

NEAR = st.sampled_from(
    [0.0, -0.0, 1.0, 1.0 + 2**-52, 1.0 - 2**-53, 1.0 + 1e-15, 1.0 + 1e-9, 700.0, -np.inf, np.inf, np.nan]
)
LOGITS = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 20)), elements=st.floats() | NEAR)


def classifier(classes: int) -> Network:
    return Network((Dense(np.eye(classes), None, activation("softmax"), "output"),))


@given(LOGITS)
@example(np.array([[1.0, 1.0 + 2**-52], [2.0, 1.0], [1.0 + 2**-52, 1.0]]))
@example(np.array([[16777217.0, 0.0], [0.0, 1e-17]]))
@example(np.array([[np.nan, 1.0], [3.0, 3.0], [0.0, 1.0]]))
def test_the_winner_is_the_most_probable_class(logits: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    made = classifier(logits.shape[1])
    probabilities = made.probabilities(logits)
    assert probabilities is not None
    assert made.predict_classes(logits).tolist() == np.argmax(probabilities, axis=1).tolist()


def test_equal_probabilities_of_unequal_logits_are_told_apart_as_the_softmax_tells_them() -> None:
    """The test above can fail: here the largest logit is not the first of the largest probabilities."""
    logits = np.array([[0.0, 1e-17]])
    assert np.argmax(logits) == 1
    assert classifier(2).predict_classes(logits).tolist() == [0]

"""The network of a work, as every rival computes it: plain numpy on arrays from an .npz file."""

import sys

import numpy as np

TABLE, WEIGHTS, OUTPUT = sys.argv[1:4]
_ARRAYS = np.load(WEIGHTS)
LAYERS = [(_ARRAYS[f"W{i}"], _ARRAYS[f"b{i}"]) for i in range(1, 1 + len(_ARRAYS.files) // 2)]
N_OUT = LAYERS[-1][0].shape[1]
NAMES = [f"y{i}" for i in range(1, N_OUT + 1)]


def forward(x):
    """relu between layers; softmax at the end of more than two outputs, as the works have it."""
    *hidden, (last, bias) = LAYERS
    for weights, b in hidden:
        x = x @ weights + b
        if N_OUT > 2:
            x = np.maximum(x, 0.0)
    x = x @ last + bias
    if N_OUT > 2:
        x = np.exp(x - x.max(axis=1, keepdims=True))
        x /= x.sum(axis=1, keepdims=True)
    return x

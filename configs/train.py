"""Train the networks of this folder that learned from real data: iris.yaml, digits.yaml and digits-cnn.yaml.

    pip install scikit-learn && python configs/train.py

It prints the weights that stand in iris.yaml, and writes digits.npz, digits-cnn.npz, iris.csv and digits.csv. The
tables hold the examples that were kept out of training: every third flower, every fifth picture. The same run gives the
same weights on one machine; another machine's last digits, and so its accuracy by an example or two, may differ.
"""

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
SPECIES = ("setosa", "versicolor", "virginica")


def train(inputs, labels, held_out_every, **settings):
    """A network fitted to all but every n-th example, and which examples it has not seen."""
    held_out = np.arange(len(labels)) % held_out_every == 0
    network = MLPClassifier(solver="lbfgs", max_iter=5000, random_state=1, **settings)
    network.fit(inputs[~held_out], labels[~held_out])
    accuracy = network.score(inputs[held_out], labels[held_out])
    print(f"# {np.sum(~held_out)} examples learned, accuracy {accuracy:.4f} on the {np.sum(held_out)} others")
    return network, held_out


def write_table(path, names, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(names)
        table.writerows(rows)


def iris():
    inputs, labels = load_iris(return_X_y=True)
    network, held_out = train(inputs, labels, 3, hidden_layer_sizes=(2,), alpha=0.1)
    for weights, bias in zip(network.coefs_, network.intercepts_, strict=True):
        for row in (bias, *weights):
            print(" ".join(f"{value:6.2f}" for value in row))
        print()
    names = ("sepal_length", "sepal_width", "petal_length", "petal_width", "species")
    rows = [(*x.tolist(), SPECIES[y]) for x, y in zip(inputs[held_out], labels[held_out], strict=True)]
    write_table(HERE / "iris.csv", names, rows)


def digits():
    data = load_digits()
    network, held_out = train(data.data / 16, data.target, 5, hidden_layer_sizes=(32,), alpha=1.0)
    (hidden, output), (hidden_bias, output_bias) = network.coefs_, network.intercepts_
    # Learned on 0 to 1; dividing by 16 here lets the network take the pictures as they come, 0 to 16.
    np.savez(HERE / "digits.npz", W1=np.vstack([hidden_bias, hidden / 16]), W2=np.vstack([output_bias, output]))
    rows = [(*x.astype(int).tolist(), int(y)) for x, y in zip(data.data[held_out], data.target[held_out], strict=True)]
    write_table(HERE / "digits.csv", (*data.feature_names, "digit"), rows)


def windows(maps):
    """(rows, height, width, channels * 9): the 3 x 3 windows of (rows, channels, height, width), zeros around them."""
    padded = np.pad(maps, ((0, 0), (0, 0), (1, 1), (1, 1)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return seen.transpose(0, 2, 3, 1, 4, 5).reshape(len(maps), *maps.shape[2:], -1)


def convolved(weights, maps):
    """The scores of pictures, and what the gradients need of each layer: windows, maps, and which pixel is largest."""
    steps = []
    for kernels, bias in ((weights["K1"], weights["b1"]), (weights["K2"], weights["b2"])):
        seen = windows(maps)
        found = np.maximum(seen @ kernels.reshape(len(kernels), -1).T + bias, 0).transpose(0, 3, 1, 2)
        rows, channels, height, width = found.shape
        parts = found.reshape(rows, channels, height // 2, 2, width // 2, 2)
        maps = parts.max(axis=(3, 5))
        steps.append((seen, found, parts == maps[:, :, :, None, :, None]))
    flat = maps.reshape(len(maps), -1)
    return flat @ weights["W"] + weights["b"], flat, steps


def gradients(weights, pictures, labels):
    """Of the mean cross-entropy, by every weight: the errors on their way back through the layers."""
    scores, flat, steps = convolved(weights, pictures)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = exponentials / exponentials.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    found = {"W": flat.T @ error, "b": error.sum(axis=0)}
    error = error @ weights["W"].T
    for number in (2, 1):
        seen, maps, largest = steps[number - 1]
        rows, channels, height, width = maps.shape
        error = error.reshape(rows, channels, height // 2, 1, width // 2, 1) * largest
        error = (error.reshape(maps.shape) * (maps > 0)).transpose(0, 2, 3, 1)
        kernels = weights[f"K{number}"]
        found[f"K{number}"] = np.tensordot(error, seen, ((0, 1, 2), (0, 1, 2))).reshape(kernels.shape)
        found[f"b{number}"] = error.sum(axis=(0, 1, 2))
        if number == 2:
            turned = kernels[:, :, ::-1, ::-1].transpose(1, 0, 2, 3).reshape(kernels.shape[1], -1)
            error = (windows(error.transpose(0, 3, 1, 2)) @ turned.T).transpose(0, 3, 1, 2)
    return found


def digits_cnn(maps=(12, 24), epochs=60, decay=0.2):
    """Two convolutions, each followed by pooling, learned by Adam with weights that decay."""
    data = load_digits()
    pictures, held_out = data.data.reshape(-1, 1, 8, 8) / 16, np.arange(len(data.data)) % 5 == 0
    rng = np.random.default_rng(2)
    shapes = {"K1": (maps[0], 1, 3, 3), "K2": (maps[1], maps[0], 3, 3), "W": (4 * maps[1], 10)}
    spread = {"K1": 0.4, "K2": 0.2, "W": 0.2}
    weights = {"K1": 0, "b1": np.zeros(maps[0]), "K2": 0, "b2": np.zeros(maps[1]), "W": 0, "b": np.zeros(10)}
    weights |= {name: rng.normal(0, spread[name], shape) for name, shape in shapes.items()}
    mean, square = ({name: np.zeros_like(each) for name, each in weights.items()} for _ in range(2))
    learned, labels, step = pictures[~held_out], data.target[~held_out], 0
    for epoch in range(epochs):
        rate = 0.005 * (1 + np.cos(np.pi * epoch / epochs))
        order = rng.permutation(len(learned))
        for start in range(0, len(order), 32):
            batch, step = order[start : start + 32], step + 1
            for name, gradient in gradients(weights, learned[batch], labels[batch]).items():
                mean[name] = 0.9 * mean[name] + 0.1 * gradient
                square[name] = 0.999 * square[name] + 0.001 * gradient**2
                change = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
                weights[name] = weights[name] - rate * (change + decay * weights[name])
    right = convolved(weights, pictures[held_out])[0].argmax(axis=1) == data.target[held_out]
    print(f"# {len(learned)} examples learned, accuracy {right.mean():.4f} on the {len(right)} others")
    np.savez(HERE / "digits-cnn.npz", **weights)


if __name__ == "__main__":
    iris()
    digits()
    digits_cnn()

"""Train the two networks of this folder that learned from real data: iris.yaml and digits.yaml.

    pip install scikit-learn && python configs/train.py

It prints the weights that stand in iris.yaml, and writes digits.npz, iris.csv and digits.csv. The tables hold the
examples that were kept out of training: every third flower, every fifth picture. The same run gives the same weights
on one machine; another machine's last digits, and so its accuracy by an example or two, may differ.
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


if __name__ == "__main__":
    iris()
    digits()

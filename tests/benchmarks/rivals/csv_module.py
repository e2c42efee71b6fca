"""The script one writes first: the csv module, float, numpy in batches, csv.writer."""

import csv
from itertools import islice

import numpy as np
from network import NAMES, OUTPUT, TABLE, forward

with open(TABLE, newline="") as source, open(OUTPUT, "w", newline="") as target:
    rows, writer = csv.reader(source), csv.writer(target)
    next(rows)
    writer.writerow(NAMES)
    while batch := [[float(cell) for cell in row] for row in islice(rows, 10_000)]:
        writer.writerows(forward(np.array(batch)).tolist())

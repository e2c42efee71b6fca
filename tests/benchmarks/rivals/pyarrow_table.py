"""pyarrow: read_csv and write_csv."""

import numpy as np
import pyarrow as pa
from network import NAMES, OUTPUT, TABLE, forward
from pyarrow import csv

table = csv.read_csv(TABLE)
y = forward(np.stack([column.to_numpy() for column in table.columns], axis=1))
csv.write_csv(pa.table({name: y[:, i] for i, name in enumerate(NAMES)}), OUTPUT)

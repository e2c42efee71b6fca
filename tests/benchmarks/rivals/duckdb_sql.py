"""DuckDB reads and writes the CSV, numpy computes between."""

import duckdb
import numpy as np
from network import NAMES, OUTPUT, TABLE, forward

columns = duckdb.read_csv(TABLE).fetchnumpy()
y = forward(np.stack(list(columns.values()), axis=1).astype(np.float64))
scores = {name: np.ascontiguousarray(y[:, i]) for i, name in enumerate(NAMES)}
duckdb.sql("SELECT * FROM scores").write_csv(OUTPUT)

"""polars alone: scan_csv -> map_batches -> sink_csv, its own streaming engine."""

import polars as pl
from network import NAMES, OUTPUT, TABLE, forward

SCHEMA = dict.fromkeys(NAMES, pl.Float64)


def batch(frame):
    return pl.from_numpy(forward(frame.to_numpy()), schema=SCHEMA)


columns = pl.read_csv(TABLE, n_rows=0).columns
pl.scan_csv(TABLE, schema=dict.fromkeys(columns, pl.Float64)).map_batches(
    batch, schema=SCHEMA, streamable=True
).sink_csv(OUTPUT)

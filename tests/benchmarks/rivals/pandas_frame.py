"""pandas: read_csv and to_csv."""

import pandas as pd
from network import NAMES, OUTPUT, TABLE, forward

frame = pd.read_csv(TABLE, dtype="float64", float_precision="round_trip")
pd.DataFrame(forward(frame.to_numpy()), columns=NAMES).to_csv(OUTPUT, index=False)

"""np.loadtxt and np.savetxt, 17 digits so that the doubles read back."""

import numpy as np
from network import NAMES, OUTPUT, TABLE, forward

np.savetxt(
    OUTPUT, forward(np.loadtxt(TABLE, delimiter=",", skiprows=1)), "%.17g", ",", header=",".join(NAMES), comments=""
)

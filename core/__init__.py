"""Data, models, losses, training, retrieval and maps; never imports Qt."""

import os

__version__ = "0.1.0"

# After a matrix product, OpenBLAS's threads wait awake for the next one: 2**26 cycles, a fortieth of a second in which
# other threads get less of the processor. Read once, when NumPy is imported.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "16")

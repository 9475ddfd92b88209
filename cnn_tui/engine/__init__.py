"""Training with torch: the only package that imports it."""

import os

from cnn_tui.host.cuda import ORDER

# Waiting OpenMP threads must sleep, not spin: 3.5 times faster on contended cores.
# It has to be in place before torch loads its OpenMP.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# So that cuda:N is the GPU that is shown as N. Before torch looks for GPUs.
os.environ.update([ORDER])

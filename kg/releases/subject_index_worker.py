"""Subject index worker: the process that `kg.releases.subject_index_process` starts."""

import pickle
import sys

from kg.progress import report_nothing
from kg.releases.subject_index_process import SubjectIndexOrder

if __name__ == "__main__":
    order: SubjectIndexOrder = pickle.load(sys.stdin.buffer)  # noqa: S301 - from its parent
    order.carry_out(report_nothing)

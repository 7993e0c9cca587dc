"""Every scenario that comes with the package loads, lasts, and shows what it is named after in good time."""

from __future__ import annotations

import pytest

from batchlab.batch_config import BatchConfig
from batchlab.hub.scenario import Scenario
from batchlab.hub.sim import SimHub
from batchlab.runs import scan
from batchlab.study import bound, with_work
from batchlab.study.baselines import static_arms
from batchlab.study.replication import Replication

LEAST = 30.0  # seconds

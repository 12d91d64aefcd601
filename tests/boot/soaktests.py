#!/usr/bin/env python3
"""Minutes of mixed traffic without a wrong byte or a leak, `make test-soak`.

    soaktests.py [--list] [--jobs N] [WORD...]

As suite.py. SOAK_MINUTES in the environment is 10 unless set.
"""

import os
import sys

import iotests
import suite
from suite import promise

suite.TESTS.clear()
MINUTES = int(os.environ.get("SOAK_MINUTES") or 10)


@promise(900 + 60 * MINUTES, ours_only=True)
def mixed_traffic_is_right_and_leaks_nothing(context):
    iotests.soak(context, MINUTES)


if __name__ == "__main__":
    sys.exit(suite.main())

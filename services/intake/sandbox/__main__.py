"""`python -m services.intake.sandbox CONTROL_DESCRIPTOR JOBS_MODULE`: the fork server."""

import sys

from services.intake.sandbox.server import main

main(int(sys.argv[1]), sys.argv[2])

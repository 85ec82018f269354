# SPDX-License-Identifier: Apache-2.0
"""What is made from the daemon's own description of itself, the OpenRPC document of rpc.discover:
the reference in docs/ and the typed part of the Python client."""

# SPDX-License-Identifier: Apache-2.0
"""benchmark: what tools/bench is made of. One file a noun, the Python standard library alone.

    lab      processes, namespaces and files of one run, gone with it
    peers    the switches that are compared, and how each is started
    measures what is measured of a pair of stations: TCP, frame rate, latency
    crowd    what is measured of many ports: flood, and the daemon at rest
    programs the build, and the two benchmarks that run alone: decide_bench, forward_bench
    results  the figures of all rounds, their medians and ratios
    goals    what must be reached
    machine  what was measured on, and how quiet it was
    report   results for people (terminal) and for programs (JSON)
    chart    results as a picture (SVG)
"""

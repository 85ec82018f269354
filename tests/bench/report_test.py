# SPDX-License-Identifier: Apache-2.0
"""What tools/bench makes of its figures: medians, ratios, verdicts, table, JSON and chart."""

import json
import statistics
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/integration")]

from benchmark import chart, report  # noqa: E402
from benchmark.goals import EARLIER_GOALS, GOALS, Goal, goals_of  # noqa: E402
from benchmark.many_links import expected_of, kolmogorov_smirnov  # noqa: E402
from benchmark.results import FIGURES, Results, Summary, ratios, summarise  # noqa: E402

MACHINE = {"processor": "abacus", "cores": 2, "kernel": "6.1", "congestion": "cubic",
           "load_average": 0.1}
QUIET = {"seconds": 60.0, "others_cores": 0.0, "steal_cores": 0.0}


def results_of(figures):
    """{(key, peer): values}"""
    results = Results()
    for (key, peer), values in figures.items():
        for value in values:
            results.record(key, peer, value)
    return results


def every_figure():
    """Each figure of two switches and the floor, in three rounds."""
    return results_of({(key, peer): [value, value + 0.5, value + 1] for key in FIGURES
                       for value, peer in enumerate(("floor", "bridge", "tapswitch"), 10)})


class Statistics(unittest.TestCase):
    def test_summary_is_median_and_extremes(self):
        self.assertEqual(summarise([3, 1, 2]), Summary(2, 1, 3))
        self.assertEqual(summarise([1, 2, 3, 10]), Summary(2.5, 1, 10))

    def test_a_round_that_failed_is_left_out(self):
        self.assertEqual(summarise([None, 5, None]), Summary(5, 5, 5))
        self.assertIsNone(summarise([None, None]))
        self.assertIsNone(summarise([]))

    def test_spread_is_a_part_of_the_median(self):
        self.assertAlmostEqual(Summary(10, 9, 12).spread, 0.3)
        self.assertEqual(Summary(0, 0, 0).spread, 0)

    def test_ratios_pair_the_rounds(self):
        self.assertEqual(ratios([2, 9, None, 4, 1], [1, 3, 5, None, 0]), [2, 3, None, None, None])

    def test_a_machine_that_slows_down_leaves_the_ratio_alone(self):
        results = results_of({("tcp1", "tapswitch"): [20, 10, 2], ("tcp1", "bridge"): [10, 5, 1]})
        self.assertEqual(results.ratio("tcp1", "tapswitch", "bridge"), Summary(2, 2, 2))

    def test_values_of_a_distribution_are_told_from_others(self):
        normal = statistics.NormalDist(60, 10)
        values = normal.samples(2000, seed=1)
        self.assertGreater(kolmogorov_smirnov(values, normal.cdf), 0.01)
        for other in (statistics.NormalDist(62, 10), statistics.NormalDist(60, 12)):
            self.assertLess(kolmogorov_smirnov(values, other.cdf), 0.01)

    def test_what_is_lost_is_binomial(self):
        self.assertEqual(expected_of(10_000, 0.5), (5_000, 50))

    def test_no_ratio_without_the_other(self):
        results = results_of({("tcp1", "tapswitch"): [20]})
        self.assertIsNone(results.ratio("tcp1", "tapswitch", "bridge"))


class Goals(unittest.TestCase):
    # bound, at least, the rounds, verdict
    VERDICTS = (
        (1.0, True, [1.1, 1.2], "held"),
        (1.0, True, [0.8, 0.9], "missed"),
        (1.0, True, [0.9, 1.1, 1.2], "held, within the noise"),
        (1.0, True, [0.8, 0.9, 1.2], "missed, within the noise"),
        (1.0, True, [1.0], "held"),
        (30, False, [20, 29], "held"),
        (30, False, [31, 40], "missed"),
        (30, False, [29, 31, 40], "missed, within the noise"),
        (30, False, [30], "held"),
        (30, False, [], "not measured"),
    )

    def test_verdicts(self):
        for bound, at_least, rounds, verdict in self.VERDICTS:
            with self.subTest(bound=bound, rounds=rounds):
                goal = Goal("", bound, at_least, "", lambda results: summarise(rounds))
                self.assertEqual(goal.verdict(Results()), verdict)

    def test_one_stream_is_judged_by_its_worse_direction(self):
        results = results_of({("tcp1", "tapswitch"): [20], ("tcp1", "bridge"): [10],
                              ("tcp1_back", "tapswitch"): [9], ("tcp1_back", "bridge"): [10]})
        self.assertEqual(GOALS[0].figure(results).median, 0.9)
        self.assertEqual(GOALS[0].verdict(results), "missed")

    def test_the_floor_is_the_one_with_the_same_offloads(self):
        results = results_of({("frames_60", "tapswitch"): [1.0], ("frames_60", "floor"): [2.0],
                              ("frames_60", "floor-plain"): [1.0]})
        goal = next(goal for goal in GOALS if goal.what.startswith("60-byte frames / floor"))
        self.assertEqual(goal.verdict(results), "missed")
        results.floor = "floor-plain"
        self.assertEqual(goal.verdict(results), "held")

    def test_an_earlier_build_is_judged_by_both_directions_together(self):
        results = results_of({("tcp1", "tapswitch"): [8, 12, 10], ("tcp1", "before"): [10, 10, 10],
                              ("tcp1_back", "tapswitch"): [11, 9, 13],
                              ("tcp1_back", "before"): [10, 10, 10]})
        goal = EARLIER_GOALS[0]
        self.assertEqual(goal.figure(results), Summary(1.05, 0.8, 1.3))
        self.assertEqual(goal.verdict(results), "held, within the noise")

    def test_an_earlier_build_is_a_goal_only_where_it_is_measured(self):
        self.assertEqual(goals_of(every_figure()), GOALS)
        results = results_of({("latency", "tapswitch"): [25], ("latency", "before"): [24]})
        self.assertEqual(goals_of(results), GOALS + EARLIER_GOALS)
        rows = {row[0]: row[3] for row in report.goal_rows(results)}
        self.assertEqual(rows["median latency / before"], "missed")

    def test_nothing_is_measured_in_no_results(self):
        self.assertEqual({goal.verdict(Results()) for goal in GOALS}, {"not measured"})


class Report(unittest.TestCase):
    def test_numbers_have_three_digits(self):
        for value, text in ((0.0123, "0.012"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234"),
                            (0.99999, "1.00"), (99.99, "100"), (0, "0"), (None, "–")):
            self.assertEqual(report.number(value), text)

    def test_columns_are_as_wide_as_their_widest_cell(self):
        self.assertEqual(report.table([["a", "1"], ["bcd", "100"]], "<>"),
                         ["a      1", "bcd  100"])

    def test_every_figure_and_every_goal_is_in_the_text(self):
        text = "\n".join(report.text(every_figure(), MACHINE, QUIET))
        for figure in FIGURES.values():
            self.assertIn(figure.title, text)
        for goal in GOALS:
            self.assertIn(goal.what, text)
        self.assertIn("abacus", text)

    def test_a_quiet_machine_is_not_called_noisy(self):
        self.assertEqual(list(report.noise(every_figure(), QUIET)), [])

    def test_noise_is_told(self):
        restless = results_of({("frames_60", "floor"): [1.0, 2.0, 1.5]})
        self.assertEqual(len(list(report.noise(restless, QUIET))), 1)
        busy = {**QUIET, "others_cores": 0.5, "steal_cores": 0.2}
        self.assertEqual(len(list(report.noise(every_figure(), busy))), 2)
        text = "\n".join(report.text(restless, MACHINE, QUIET))
        self.assertIn("too noisy", text)

    def test_the_document_is_json_and_has_every_round(self):
        document = report.document(every_figure(), MACHINE, QUIET, {"forward_bench": "text"})
        again = json.loads(json.dumps(document))
        self.assertEqual(again["figures"]["tcp1"]["rounds"]["bridge"], [11, 11.5, 12])
        self.assertEqual(again["figures"]["tcp1"]["medians"]["bridge"], 11.5)
        self.assertEqual(len(again["goals"]), len(GOALS))


class Chart(unittest.TestCase):
    SPACE = "{http://www.w3.org/2000/svg}"

    def draw(self, results, caption="caption"):
        return xml.etree.ElementTree.fromstring(chart.draw(results, caption))

    def test_a_bar_for_each_peer_of_each_panel(self):
        bars = [rect for rect in self.draw(every_figure()).iter(f"{self.SPACE}rect")
                if rect.get("class") != "page"]
        self.assertEqual(len(bars), 3 * len(chart.KEYS))

    def test_bars_are_in_proportion(self):
        results = results_of({("tcp1", "tapswitch"): [20], ("tcp1", "bridge"): [10]})
        ours, bridge = (float(rect.get("width")) for rect in
                        self.draw(results).iter(f"{self.SPACE}rect") if rect.get("class") != "page")
        self.assertAlmostEqual(ours, 2 * bridge, places=1)

    def test_text_is_escaped(self):
        self.assertIn("a < b & c", "".join(self.draw(every_figure(), "a < b & c").itertext()))

    def test_no_results_are_a_chart_too(self):
        self.draw(Results())


if __name__ == "__main__":
    unittest.main()

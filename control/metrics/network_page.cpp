// SPDX-License-Identifier: Apache-2.0
#include "control/metrics/network_page.hpp"

#include <sys/resource.h>

#include <array>
#include <string_view>

#include "switch/forwarding/drop_reason.hpp"

namespace tapswitch::metrics {

using network::Network;

namespace {

constexpr auto counter = MetricType::counter;
constexpr auto gauge = MetricType::gauge;

constexpr std::array<std::string_view, address_kind_count> address_kinds = {"unicast", "multicast",
                                                                            "broadcast"};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

struct NetworkPage::Families {
  Family build_info{"tapswitch_build_info", gauge, "Always 1; the version is in the label."};
  Family start_time{"process_start_time_seconds", gauge,
                    "Start of the daemon, in seconds since the epoch."};
  Family cpu{"process_cpu_seconds_total", counter, "Processor time used, by all threads."};
  Family workers{"tapswitch_workers", gauge, "Threads that forward frames."};
  Family sessions{"tapswitch_sessions", gauge, "Sessions on the control sockets."};

  Family fdb_entries{"tapswitch_fdb_entries", gauge, "Stations that the switch knows."};
  Family fdb_capacity{"tapswitch_fdb_capacity_entries", gauge,
                      "Most stations that the switch can know."};
  Family fdb_events{"tapswitch_fdb_events_total", counter,
                    "What happened to stations: added, moved, aged, or refused for want of room."};

  Family port_up{"tapswitch_port_up", gauge,
                 "1 if the port's interface is there, is up and has carrier, else 0."};
  Family port_mtu{"tapswitch_port_mtu_bytes", gauge, "MTU of the port's interface."};
  Family port_stations{"tapswitch_port_fdb_entries", gauge, "Stations known on the port."};
  Family in_bytes{"tapswitch_port_receive_bytes_total", counter,
                  "Bytes of the frames that came in by the port, also of those dropped then."};
  Family in_frames{"tapswitch_port_receive_frames_total", counter,
                   "Frames that came in by the port and were passed on, by kind of destination."};
  Family out_bytes{"tapswitch_port_transmit_bytes_total", counter,
                   "Bytes of the frames that left by the port."};
  Family out_frames{
      "tapswitch_port_transmit_frames_total", counter,
      "Frames meant to leave by the port, also if dropped then, by kind of destination."};
  Family drops{"tapswitch_port_drops_total", counter,
               "Frames dropped at the port, by reason; a reason appears with its first frame."};
  Family kernel_drops{"tapswitch_port_kernel_drops_total", counter,
                      "Frames that the kernel dropped on their way to or from the switch."};

  // A switch has these if it has a spanning tree.
  Family tree_root{"tapswitch_stp_root", gauge, "1 if the switch is the root of its tree, else 0."};
  Family tree_changes{"tapswitch_stp_topology_changes_total", counter,
                      "Topology changes that the switch has detected or heard of."};
  Family tree_forwarding{"tapswitch_stp_port_forwarding", gauge,
                         "1 if the port forwards in its tree, 0 if it learns or discards."};
};

NetworkPage::NetworkPage(const Network& network, const DaemonFacts& facts)
    : network_(network), families_(std::make_unique<Families>()) {
  write_daemon(facts);
  write_switches();
}

NetworkPage::~NetworkPage() = default;

void NetworkPage::write_daemon(const DaemonFacts& facts) {
  families_->build_info.add({{"version", facts.version}}, std::uint64_t{1});
  const std::chrono::duration<double> started = facts.started.time_since_epoch();
  families_->start_time.add({}, started.count());
  families_->cpu.add({}, cpu_seconds());
  families_->workers.add({}, std::uint64_t{network_.worker_count()});
  families_->sessions.add({}, std::uint64_t{facts.sessions});
}

void NetworkPage::write_switches() {
  for (const auto& [name, running] : network_.switches()) {
    const Fdb& fdb = running.engine->fdb();
    families_->fdb_entries.add({{"switch", name}}, std::uint64_t{fdb.size()});
    families_->fdb_capacity.add({{"switch", name}}, std::uint64_t{fdb.capacity()});
    const FdbCounters counters = fdb.counters();
    const auto add = [&, &name = name](std::string_view event, std::uint64_t count) {
      families_->fdb_events.add({{"switch", name}, {"event", event}}, count);
    };
    add("added", counters.added);
    add("moved", counters.moved);
    add("aged", counters.aged);
    add("evicted", counters.evicted);
    add("refused_table_full", counters.refused_table_full);
    add("refused_port_full", counters.refused_port_full);
    if (const protocols::RstpBridge* const tree = network_.trees().find(running)) {
      families_->tree_root.add({{"switch", name}}, std::uint64_t{tree->is_root()});
      families_->tree_changes.add({{"switch", name}}, tree->topology_changes());
    }
  }
}

bool NetworkPage::write_some() {
  LinkReader reader;
  return writing_.go_on(
      network_.ports(), ports_a_step,
      [&](const network::Network::RunningPort& port) { write_port(port, reader); });
}

void NetworkPage::write_port(const Network::RunningPort& port, LinkReader& reader) {
  Families& page = *families_;
  const Label of_switch{"switch", port.home->spec.name};
  const Label of_port{"port", port.spec.name};
  const LinkStatus link = port.link(reader);
  const bool is_up = !port.is_lost && link.is_present && link.is_up && link.has_carrier;
  page.port_up.add({of_switch, of_port}, std::uint64_t{is_up});
  page.port_mtu.add({of_switch, of_port}, std::uint64_t{link.mtu});
  page.port_stations.add({of_switch, of_port},
                         std::uint64_t{port.home->engine->fdb().count_on(port.index)});
  if (network_.trees().find(*port.home) != nullptr) {
    page.tree_forwarding.add({of_switch, of_port},
                             std::uint64_t{port.tree == TreeState::forwarding});
  }

  const PortTotals totals = port.totals();
  page.in_bytes.add({of_switch, of_port}, totals.in_octets);
  page.out_bytes.add({of_switch, of_port}, totals.out_octets);
  for (std::size_t kind = 0; kind < address_kind_count; ++kind) {
    const Label of_kind{"kind", address_kinds[kind]};
    page.in_frames.add({of_switch, of_port, of_kind}, totals.in_frames[kind]);
    page.out_frames.add({of_switch, of_port, of_kind}, totals.out_frames[kind]);
  }
  for (std::size_t reason = 0; reason < drop_reason_count; ++reason) {
    if (totals.drops[reason] != 0) {
      page.drops.add({of_switch, of_port, {"reason", drop_reasons[reason].name}},
                     totals.drops[reason]);
    }
  }
  const KernelDrops drops = port.drops(reader);
  page.kernel_drops.add({of_switch, of_port, {"direction", "receive"}}, drops.ingress);
  page.kernel_drops.add({of_switch, of_port, {"direction", "transmit"}}, drops.egress);
}

std::string NetworkPage::text() const {
  const Families& page = *families_;
  std::string text;
  for (const Family* family :
       {&page.build_info,   &page.start_time,  &page.cpu,           &page.workers,
        &page.sessions,     &page.fdb_entries, &page.fdb_capacity,  &page.fdb_events,
        &page.port_up,      &page.port_mtu,    &page.port_stations, &page.in_bytes,
        &page.in_frames,    &page.out_bytes,   &page.out_frames,    &page.drops,
        &page.kernel_drops, &page.tree_root,   &page.tree_changes,  &page.tree_forwarding}) {
    text += family->text();
  }
  return text;
}

}  // namespace tapswitch::metrics

// SPDX-License-Identifier: Apache-2.0
// exporter.hpp: takes samples out of the rings and sends them to collectors, as datagrams of sFlow.
//
// Theory of operation: ten times a second a thread empties the rings and what the control thread
// has left for it, puts that into datagrams and sends each to every collector. It waits for none:
// what the kernel does not take is counted. Sequence numbers go on while the exporter lives; of
// ports beyond most_sources they begin anew. Threads: one of its own; the functions are for the
// control thread, but that on_refusal is called by the other.
// Limits: most_counters that wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "switch/sampling/ip_address.hpp"
#include "switch/sampling/port_sampler.hpp"
#include "switch/sampling/sampled_frame.hpp"
#include "switch/sampling/sflow_records.hpp"
#include "switch/sampling/sflow_sockets.hpp"
#include "switch/system/bell.hpp"
#include "switch/system/kernel_error.hpp"

namespace tapswitch {

// The counters of a port at a moment.
struct PortCount {
  std::uint32_t port;
  std::string name;
  bool is_enabled;
  bool has_carrier;
  PortTotals totals;
};

class Exporter {
 public:
  static constexpr std::size_t most_counters = 4'096;
  static constexpr std::size_t most_sources = 65'536;

  struct Options {
    std::vector<SocketAddress> collectors;
    std::optional<IpAddress> agent;  // nullopt: the address that leads to the first collector
    std::uint32_t drops_a_second = 0;
  };
  struct Progress {
    std::uint64_t datagrams = 0;  // to each collector one is one
    std::uint64_t refused = 0;    // of those, that the kernel did not take
    std::uint64_t flow_samples = 0;
    std::uint64_t discard_samples = 0;
    std::uint64_t counter_samples = 0;
    std::uint64_t counters_lost = 0;
  };
  // Told once for each collector and configure(): what the kernel refuses.
  using OnRefusal = std::function<void(const std::string&)>;

  // The sockets must outlive it. Throws std::bad_alloc.
  [[nodiscard]] static KernelResult<std::unique_ptr<Exporter>> start(const SflowSockets& sockets,
                                                                     std::size_t worker_count,
                                                                     OnRefusal on_refusal);
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;
  ~Exporter();  // what waits is sent first

  void configure(Options options);
  [[nodiscard]] const std::shared_ptr<SampleIntake>& intake() const { return intake_; }
  // Sends them soon.
  void add(std::vector<PortCount> counts);

  [[nodiscard]] Progress progress() const;
  // Returns the address that is told as the agent's; nullopt: it is not known yet.
  [[nodiscard]] std::optional<IpAddress> agent() const;

 private:
  Exporter(const SflowSockets& sockets, std::size_t worker_count, OnRefusal on_refusal);

  // The number of the last sample of each kind, of one port.
  struct Sequences {
    std::uint32_t flow = 0;
    std::uint32_t discard = 0;
    std::uint32_t counter = 0;
  };
  struct Totals {
    std::atomic<std::uint64_t> datagrams = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> flow_samples = 0;
    std::atomic<std::uint64_t> discard_samples = 0;
    std::atomic<std::uint64_t> counter_samples = 0;
    std::atomic<std::uint64_t> counters_lost = 0;
  };

  void run();
  void go_round(bool is_first_in_second);
  void take_what_is_new();
  void find_agent();
  void empty(CaptureRing& ring);
  void tell(const SampleRecord& record);
  void tell(const PortCount& count);
  template <class... Sample>
  void add(SflowDatagram& datagram, const Sample&... sample);
  void begin(SflowDatagram& datagram) const;
  void send(SflowDatagram& datagram);
  [[nodiscard]] Sequences& sequences_of(std::uint32_t port);

  const SflowSockets& sockets_;
  const OnRefusal on_refusal_;
  const std::shared_ptr<SampleIntake> intake_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Bell stop_bell_;
  std::atomic<bool> is_stopping_ = false;
  Totals totals_;

  mutable std::mutex mutex_;            // guards these:
  std::optional<Options> new_options_;  // not taken yet
  std::vector<PortCount> new_counts_;
  std::optional<IpAddress> known_agent_;

  // The thread's own.
  Options options_;
  std::vector<bool> has_told_refusal_;  // by collector
  IpAddress agent_;
  bool is_agent_known_ = false;
  std::vector<PortCount> counts_;
  std::map<std::uint32_t, Sequences> sequences_;  // by port
  std::uint32_t sequence_ = 0;                    // of datagrams
  SflowDatagram datagram_;
  // Dropped packets have datagrams of their own: pmacct reads none of the samples behind one of a
  // format that it does not know.
  SflowDatagram discards_;
  std::thread thread_;  // last, for it uses the rest
};

}  // namespace tapswitch

// SPDX-License-Identifier: Apache-2.0
// sampling.hpp: sFlow of the running network: has the frames of all ports sampled, and their
// counters sent, as is configured in the inventory.
//
// Theory of operation: what is configured may be changed in the midst of a composed change, and
// ports come there; follow() brings both when that is over. Each port has a sampler for its life,
// or until another setting; it goes when no worker asks it any more. In a tick the counters of a
// number of ports are handed to the exporter, so that all are told in the time that is configured.
// Threads: the control thread.
// Limits: the counters of most_counters_a_tick ports in a tick; others are late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/config/sflow.hpp"
#include "control/network/announcer.hpp"
#include "control/network/changes.hpp"
#include "control/network/inventory.hpp"
#include "control/network/onlookers.hpp"
#include "switch/sampling/exporter.hpp"
#include "switch/sampling/port_sampler.hpp"
#include "switch/sampling/sflow_sockets.hpp"

namespace tapswitch::network {

class Sampling {
 public:
  static constexpr std::size_t most_counters_a_tick = 1'024;

  struct Parts {
    Inventory& inventory;
    Changes& changes;
    const Announcer& announcer;
    Onlookers& onlookers;
  };
  using Post = std::function<void(std::function<void()>)>;

  // The parts must outlive it.
  Sampling(const Parts& parts, std::size_t worker_count, Post post);
  Sampling(const Sampling&) = delete;
  Sampling& operator=(const Sampling&) = delete;
  ~Sampling();

  // Datagrams leave by these; otherwise sockets are opened when they are needed.
  void use(SflowSockets sockets) { sockets_ = std::move(sockets); }

  // Throws why datagrams cannot be sent so.
  void check_set(const config::SflowSpec& spec);
  // Nullopt: nothing is sampled any more. If it throws, all is as it was.
  void set(const std::optional<config::SflowSpec>& spec);

  // A port has come: it is sampled soon.
  void follow_soon();
  // Brings what is configured, and samplers to ports that have come.
  void follow() noexcept;
  // To be called about once a second.
  void tick(TimePoint now);

  [[nodiscard]] Exporter::Progress progress() const;
  // Returns the address that is told as the agent's; nullopt: it is not known, or nothing is told.
  [[nodiscard]] std::optional<IpAddress> agent() const;

 private:
  // A port that is sampled.
  struct Sampled {
    TimePoint added;  // with its name, what tells it from others
    std::unique_ptr<PortSampler> sampler;
  };

  void bring();
  void bring_samplers(bool is_anew);
  [[nodiscard]] std::unique_ptr<PortSampler> make_sampler(const RunningPort& port);
  void end();
  void send_counters(TimePoint now);
  [[nodiscard]] SflowSockets& sockets();

  const Parts parts_;
  const std::size_t worker_count_;
  const Post post_;
  std::optional<SflowSockets> sockets_;
  std::optional<config::SflowSpec> running_;                        // what is in force
  std::unique_ptr<Exporter> exporter_;                              // null: nothing is told
  std::map<std::string, Sampled> sampled_;                          // by name
  std::map<std::string, std::shared_ptr<PortNumberTable>> tables_;  // by switch
  std::uint64_t last_seed_ = 0;
  // The next port whose counters are told, in order of their names; empty: the first.
  std::string next_counted_;
  double counters_due_ = 0;
  std::optional<TimePoint> last_tick_;
  bool is_posted_ = false;
  bool has_told_failure_ = false;
  // Gone before 'this' is: tells tasks that are still posted.
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace tapswitch::network

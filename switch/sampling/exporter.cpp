// SPDX-License-Identifier: Apache-2.0
#include "switch/sampling/exporter.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

namespace tapswitch {
namespace {

constexpr std::chrono::milliseconds round_time{100};
constexpr int rounds_a_second = 10;
// How many records of a ring are told before others have their turn.
constexpr std::size_t records_at_once = 8'192;

// Signals are for the control thread.
void leave_signals_to_it() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

KernelResult<std::unique_ptr<Exporter>> Exporter::start(const SflowSockets& sockets,
                                                        std::size_t worker_count,
                                                        OnRefusal on_refusal) {
  std::unique_ptr<Exporter> made(new Exporter(sockets, worker_count, std::move(on_refusal)));
  if (!made->stop_bell_.is_open()) {
    return kernel_error(errno, "eventfd2", "sample", "the ports", "");
  }
  try {
    made->thread_ = std::thread([exporter = made.get()] { exporter->run(); });
  } catch (const std::system_error& error) {
    return kernel_error(error.code().value(), "pthread_create", "sample", "the ports", "");
  }
  return made;
}

Exporter::Exporter(const SflowSockets& sockets, std::size_t worker_count, OnRefusal on_refusal)
    : sockets_(sockets),
      on_refusal_(std::move(on_refusal)),
      intake_(std::make_shared<SampleIntake>(worker_count)) {}

Exporter::~Exporter() {
  if (thread_.joinable()) {
    is_stopping_ = true;
    stop_bell_.ring();
    thread_.join();
  }
}

void Exporter::configure(Options options) {
  const std::lock_guard lock(mutex_);
  intake_->drops.fill(static_cast<std::int32_t>(options.drops_a_second));
  new_options_ = std::move(options);
  known_agent_ = new_options_->agent;
}

void Exporter::add(std::vector<PortCount> counts) {
  const std::lock_guard lock(mutex_);
  const std::size_t room = most_counters - std::min(most_counters, new_counts_.size());
  if (counts.size() > room) {
    totals_.counters_lost += counts.size() - room;
    counts.resize(room);
  }
  new_counts_.insert(new_counts_.end(), std::make_move_iterator(counts.begin()),
                     std::make_move_iterator(counts.end()));
}

Exporter::Progress Exporter::progress() const {
  return {.datagrams = totals_.datagrams,
          .refused = totals_.refused,
          .flow_samples = totals_.flow_samples,
          .discard_samples = totals_.discard_samples,
          .counter_samples = totals_.counter_samples,
          .counters_lost = totals_.counters_lost};
}

std::optional<IpAddress> Exporter::agent() const {
  const std::lock_guard lock(mutex_);
  return known_agent_;
}

void Exporter::run() {
  leave_signals_to_it();
  bool is_last = false;
  for (int round = 0; !is_last; round = (round + 1) % rounds_a_second) {
    pollfd bell{stop_bell_.descriptor(), POLLIN, 0};
    (void)::poll(&bell, 1, static_cast<int>(round_time.count()));
    is_last = is_stopping_;
    try {
      go_round(round == 0);
    } catch (const std::exception&) {
      // There is no memory for numbers of a further port: its sample is lost.
    }
  }
}

void Exporter::go_round(bool is_first_in_second) {
  take_what_is_new();
  if (!is_agent_known_ && (is_first_in_second || sequence_ == 0)) {
    find_agent();
  }
  // A second's drops are spread over its rounds, but for what was saved up in it.
  const auto most = static_cast<std::int32_t>(options_.drops_a_second);
  const std::int32_t share =
      most / rounds_a_second + (is_first_in_second ? most % rounds_a_second : 0);
  intake_->drops.fill(std::min(most, std::max(intake_->drops.left(), 0) + share));
  begin(datagram_);
  begin(discards_);
  for (const auto& ring : intake_->rings) {
    empty(*ring);
  }
  for (const PortCount& count : std::exchange(counts_, {})) {
    tell(count);
  }
  send(datagram_);
  send(discards_);
}

void Exporter::take_what_is_new() {
  const std::lock_guard lock(mutex_);
  counts_.swap(new_counts_);
  if (new_options_) {
    options_ = std::move(*new_options_);
    new_options_.reset();
    has_told_refusal_.assign(options_.collectors.size(), false);
    is_agent_known_ = options_.agent.has_value();
    agent_ = options_.agent.value_or(IpAddress());
  }
}

void Exporter::find_agent() {
  if (options_.collectors.empty()) {
    return;
  }
  if (const auto found = sockets_.local_address_towards(options_.collectors.front())) {
    agent_ = *found;
    is_agent_known_ = true;
    const std::lock_guard lock(mutex_);
    if (!new_options_) {
      known_agent_ = found;
    }
  }
}

void Exporter::empty(CaptureRing& ring) {
  for (std::size_t i = 0; i < records_at_once; ++i) {
    const auto record = ring.front();
    if (record.empty()) {
      return;
    }
    tell(read_sample(record));
    ring.pop();
  }
}

void Exporter::tell(const SampleRecord& record) {
  const SampledFrame& sampled = record.sampled;
  Sequences& sequences = sequences_of(sampled.port);
  const FrameHeader header{.size = sampled.size, .bytes = record.bytes};
  if (sampled.reason != 0) {
    const DiscardSample sample{.sequence = ++sequences.discard,
                               .port = sampled.port,
                               .lost = sampled.lost,
                               .input = sampled.input,
                               .output = sampled.output,
                               .reason = sampled.reason,
                               .header = header};
    add(discards_, sample);
    ++totals_.discard_samples;
    return;
  }
  const FlowSample sample{.sequence = ++sequences.flow,
                          .port = sampled.port,
                          .rate = sampled.rate,
                          .pool = sampled.pool,
                          .lost = sampled.lost,
                          .output = sampled.output,
                          .vid = sampled.vid,
                          .priority = sampled.priority,
                          .header = header};
  add(datagram_, sample);
  ++totals_.flow_samples;
}

void Exporter::tell(const PortCount& count) {
  const std::uint32_t sequence = ++sequences_of(count.port).counter;
  const CounterSample sample{.port = count.port,
                             .name = count.name,
                             .is_enabled = count.is_enabled,
                             .has_carrier = count.has_carrier,
                             .totals = count.totals};
  add(datagram_, sample, sequence);
  ++totals_.counter_samples;
}

// A sample has room in an empty datagram.
template <class... Sample>
void Exporter::add(SflowDatagram& datagram, const Sample&... sample) {
  if (!datagram.add(sample...)) {
    send(datagram);
    begin(datagram);
    (void)datagram.add(sample...);
  }
}

void Exporter::begin(SflowDatagram& datagram) const {
  datagram.begin(agent_, std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::steady_clock::now() - started_));
}

void Exporter::send(SflowDatagram& datagram) {
  if (datagram.is_empty()) {
    return;
  }
  const auto bytes = datagram.finish(++sequence_);
  for (std::size_t i = 0; i < options_.collectors.size(); ++i) {
    ++totals_.datagrams;
    const int error = sockets_.send(bytes, options_.collectors[i]);
    if (error == 0) {
      continue;
    }
    ++totals_.refused;
    if (!has_told_refusal_[i]) {
      has_told_refusal_[i] = true;
      on_refusal_(fmt::format("sFlow: cannot send to {}: {}",
                              options_.collectors[i].host_and_port(), std::strerror(error)));
    }
  }
}

Exporter::Sequences& Exporter::sequences_of(std::uint32_t port) {
  if (sequences_.size() >= most_sources && !sequences_.contains(port)) {
    sequences_.clear();
  }
  return sequences_[port];
}

}  // namespace tapswitch

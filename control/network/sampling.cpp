// SPDX-License-Identifier: Apache-2.0
#include "control/network/sampling.hpp"

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"
#include "switch/engine/switch.hpp"

namespace tapswitch::network {

using config::SflowSpec;

namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

bool looks_at_frames(const SflowSpec& spec) {
  return spec.sampling != 0 || spec.drops_per_second != 0;
}

// Whether the samplers of ports may stay.
bool samples_alike(const SflowSpec& one, const SflowSpec& other) {
  return one.sampling == other.sampling && one.header_bytes == other.header_bytes &&
         (one.drops_per_second != 0) == (other.drops_per_second != 0);
}

}  // namespace

Sampling::Sampling(const Parts& parts, std::size_t worker_count, Post post)
    : parts_(parts),
      worker_count_(worker_count),
      post_(std::move(post)),
      last_seed_(random_seed()) {}

// Workers may still ask who samples.
Sampling::~Sampling() {
  parts_.inventory.sflow().reset();
  try {
    end();
  } catch (const std::exception&) {
    std::ranges::for_each(sampled_, [](auto& each) { (void)each.second.sampler.release(); });
  }
}

SflowSockets& Sampling::sockets() {
  if (!sockets_) {
    sockets_ = SflowSockets::open();
  }
  return *sockets_;
}

void Sampling::check_set(const SflowSpec& spec) {
  if (auto fault = config::fault_of(spec)) {
    throw rpc::invalid_params({std::move(*fault)});
  }
  for (const SocketAddress& collector : spec.collectors) {
    if (!sockets().has(collector.family())) {
      throw rpc::Error(rpc::ErrorKind::unsupported,
                       fmt::format("there is no socket that reaches {}: the kernel has not this "
                                   "version of IP",
                                   collector.host_and_port()),
                       {{"field", "collectors"}, {"object", collector.host_and_port()}});
    }
  }
}

void Sampling::set(const std::optional<SflowSpec>& spec) {
  if (spec == parts_.inventory.sflow()) {
    return;
  }
  if (spec) {
    check_set(*spec);
  }
  std::optional<SflowSpec> before = std::exchange(parts_.inventory.sflow(), spec);
  if (!parts_.changes.is_composed()) {
    try {
      bring();
    } catch (const std::exception&) {
      parts_.inventory.sflow() = std::move(before);
      follow();
      throw;
    }
  }
  parts_.changes.on_configured();
}

void Sampling::follow_soon() {
  if ((running_ || parts_.inventory.sflow()) && !std::exchange(is_posted_, true)) {
    post_([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) {
        is_posted_ = false;
        follow();
      }
    });
  }
}

// In a composed change an observer would bring what is noted before its time.
void Sampling::follow() noexcept {
  if (parts_.changes.is_composed()) {
    return;
  }
  try {
    try {
      bring();
      has_told_failure_ = false;
    } catch (const std::exception& error) {
      if (!std::exchange(has_told_failure_, true)) {
        parts_.announcer.tell_operator(
            fmt::format("sFlow takes effect later, it is tried again: {}", error.what()));
      }
    }
  } catch (const std::exception&) {
    // There is no memory to tell it.
  }
}

// Takes effect as far as it comes; called again it goes on.
void Sampling::bring() {
  const std::optional<SflowSpec>& wanted = parts_.inventory.sflow();
  if (!wanted) {
    end();
    return;
  }
  if (!exporter_) {
    exporter_ = value_or_refuse(Exporter::start(
        sockets(), worker_count_, [this, alive = std::weak_ptr(alive_)](const std::string& what) {
          post_([this, alive, what] {
            if (!alive.expired()) {
              parts_.announcer.tell_operator(what);
            }
          });
        }));
  }
  const bool is_other = !running_ || *running_ != *wanted;
  const bool is_anew = running_ ? !samples_alike(*running_, *wanted) : !sampled_.empty();
  if (is_other) {
    running_.reset();  // until all of it is in force
    exporter_->configure({.collectors = wanted->collectors,
                          .agent = wanted->agent,
                          .drops_a_second = wanted->drops_per_second});
  }
  bring_samplers(is_anew);
  running_ = wanted;
}

void Sampling::end() {
  bring_samplers(true);
  exporter_.reset();
  running_.reset();
}

// Gives each port a sampler that has none; with 'is_anew' each of them another. Where frames are
// not to be looked at it takes them away.
void Sampling::bring_samplers(bool is_anew) {
  const std::optional<SflowSpec>& wanted = parts_.inventory.sflow();
  const bool looks = wanted && looks_at_frames(*wanted);
  const Ports& ports = std::as_const(parts_.inventory).ports();
  std::erase_if(sampled_, [&](const auto& each) {
    const auto port = ports.find(each.first);
    return port == ports.end() || port->second.added != each.second.added;
  });
  std::erase_if(
      tables_, [&](const auto& each) { return !parts_.inventory.switches().contains(each.first); });
  std::map<Switch*, std::vector<Onlookers::Change>> changes;
  std::map<std::string, Sampled> coming;
  for (const auto& [name, port] : ports) {
    const bool has = sampled_.contains(name);
    if (looks ? has && !is_anew : !has) {
      continue;
    }
    std::unique_ptr<PortSampler> sampler = looks ? make_sampler(port) : nullptr;
    changes[port.home->engine.get()].push_back({&port, sampler.get()});
    coming.emplace(name, Sampled{port.added, std::move(sampler)});
  }
  for (const auto& [engine, of_engine] : changes) {
    parts_.onlookers.set(*engine, Onlookers::Kind::sampling, of_engine);
    for (const Onlookers::Change& change : of_engine) {
      const auto from = coming.find(change.port->spec.name);
      if (from->second.sampler) {
        sampled_.insert_or_assign(from->first, std::move(from->second));
      } else {
        sampled_.erase(from->first);
      }
    }
  }
}

std::unique_ptr<PortSampler> Sampling::make_sampler(const RunningPort& port) {
  const SflowSpec& wanted = *parts_.inventory.sflow();
  std::shared_ptr<PortNumberTable>& table = tables_[port.home->spec.name];
  if (table == nullptr) {
    table = std::make_shared<PortNumberTable>();
  }
  table->numbers[to_size(port.index)].store(port.number, std::memory_order_relaxed);
  return std::make_unique<PortSampler>(
      PortSampler::Settings{.port = port.number,
                            .rate = wanted.sampling,
                            .tells_drops = wanted.drops_per_second != 0,
                            .header_bytes = wanted.header_bytes,
                            .fdb = &port.home->engine->fdb(),
                            .seed = ++last_seed_},
      exporter_->intake(), table);
}

void Sampling::tick(TimePoint now) {
  if (running_ || parts_.inventory.sflow()) {
    follow();
  }
  if (exporter_ && running_ && running_->polling_seconds != 0) {
    send_counters(now);
  }
  last_tick_ = now;
}

// Goes through the ports, by name, as fast as comes to all of them in the time that is wanted.
void Sampling::send_counters(TimePoint now) {
  const Ports& ports = std::as_const(parts_.inventory).ports();
  const double seconds = last_tick_ ? std::chrono::duration<double>(now - *last_tick_).count() : 1;
  const auto all = static_cast<double>(ports.size());
  counters_due_ = std::min(counters_due_ + all * seconds / running_->polling_seconds, all);
  std::vector<PortCount> counts;
  auto port = ports.lower_bound(next_counted_);
  while (counters_due_ >= 1 && counts.size() < most_counters_a_tick) {
    if (port == ports.end()) {
      port = ports.begin();
    }
    const RunningPort& running = port->second;
    const std::string_view state = running.state(running.seen);
    counts.push_back({.port = running.number,
                      .name = running.spec.name,
                      .is_enabled = state == "up" || state == "no_carrier",
                      .has_carrier = state == "up",
                      .totals = running.totals()});
    counters_due_ -= 1;
    ++port;
  }
  next_counted_ = port == ports.end() ? std::string() : port->first;
  exporter_->add(std::move(counts));
}

Exporter::Progress Sampling::progress() const {
  return exporter_ ? exporter_->progress() : Exporter::Progress();
}

std::optional<IpAddress> Sampling::agent() const {
  return exporter_ ? exporter_->agent() : std::nullopt;
}

}  // namespace tapswitch::network

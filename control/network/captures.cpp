// SPDX-License-Identifier: Apache-2.0
#include "control/network/captures.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "control/network/kernel_refusal.hpp"
#include "control/rpc/error.hpp"

namespace tapswitch::network {
namespace {

using events::Topic;

// Returns the type and, of a device, the numbers. The file system is not asked, for it may not
// answer. Throws invalid_params.
struct statx kind_of(int fd, const char* field) {
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) {
    throw rpc::invalid_params({{field, std::strerror(errno), "an open descriptor"}});
  }
  return status;
}

// Returns what is wrong with it as a file to write to; nullptr: nothing.
const char* refusal_of(const struct statx& status) {
  switch (status.stx_mode & S_IFMT) {
    case S_IFIFO:
    case S_IFREG:
      return nullptr;
    case S_IFSOCK:
      return "it is a socket";
    case S_IFDIR:
      return "it is a directory";
    case S_IFCHR:
      return status.stx_rdev_major == 1 && status.stx_rdev_minor == 3 ? nullptr : "it is a device";
    default:
      return "it is none of those";
  }
}

bool is_writable(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
}

// Whoever has this end has not the other, which a FIFO opened for both would be: the daemon itself
// would be the reader whose end it waits for.
bool is_writing_end(int fd) {
  return is_writable(fd) && (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

rpc::Error no_capture(std::uint64_t id) {
  return {rpc::ErrorKind::not_found, fmt::format("there is no capture {}", id), {{"object", id}}};
}

Json to_json(std::uint64_t id, const Capture::Progress& progress) {
  return {{"capture", id},
          {"frames", progress.frames},
          {"octets", progress.octets},
          {"missed", progress.missed}};
}

}  // namespace

Captures::Captures(Network& network, Network::Post post)
    : network_(network),
      post_(std::move(post)),
      numbers_(std::make_shared<FrameNumbers>(network.worker_count())) {
  endings_->post = &post_;
}

Captures::~Captures() {
  end_all();
  const std::lock_guard lock(endings_->mutex);
  endings_->post = nullptr;
}

void Captures::end_all() noexcept {
  if (running_.empty()) {
    return;  // a thread that was not waited for is not waited for again
  }
  for (auto& [id, running] : running_) {
    running.capture->stop("the daemon ends");
  }
  {
    std::unique_lock lock(endings_->mutex);
    endings_->changed.wait_for(lock, longest_end, [this] { return endings_->threads == 0; });
  }
  try {
    while (!running_.empty()) {
      on_end(running_.begin()->first);
    }
  } catch (const std::exception&) {
    // Workers may still ask who watches.
    std::ranges::for_each(watched_, [](auto& each) { (void)each.second.watch.release(); });
    watched_.clear();
    running_.clear();
    speaker_.reset();
  }
}

void Captures::check_start(const CaptureSpec& spec) const {
  if (running_.size() == most) {
    throw rpc::Error(rpc::ErrorKind::limit_reached,
                     fmt::format("{} captures run already: stop one first", most),
                     {{"limit", most}});
  }
  const auto guests = std::ranges::count_if(
      running_, [](const auto& each) { return each.second.spec.guest.has_value(); });
  if (spec.guest && static_cast<std::size_t>(guests) >= most_of_guests) {
    throw rpc::Error(rpc::ErrorKind::limit_reached,
                     fmt::format("{} captures by the read-only socket run already", most_of_guests),
                     {{"limit", most_of_guests}});
  }
  if (spec.switch_name) {
    (void)network_.find_switch(spec.switch_name);
  }
  for (const std::string& name : spec.ports) {
    const Network::RunningPort& port = network_.find_port(name);
    if (spec.switch_name && port.home->spec.name != *spec.switch_name) {
      throw rpc::invalid_params(
          {{"ports", fmt::format("port '{}' is on switch '{}'", name, port.home->spec.name),
            fmt::format("ports of switch '{}'", *spec.switch_name)}});
    }
  }
}

void Captures::check_file(int fd) {
  const struct statx status = kind_of(fd, "fd");
  const char* problem = refusal_of(status);
  if (problem == nullptr && !is_writable(fd)) {
    problem = "it is not open for writing";
  } else if (problem == nullptr && S_ISFIFO(status.stx_mode) && !is_writing_end(fd)) {
    problem = "it is a pipe that is open for reading too";
  }
  if (problem != nullptr) {
    throw rpc::invalid_params({{"fd", problem, "a pipe, a file or /dev/null, open for writing"}});
  }
}

void Captures::check_lease(int fd) {
  if ((kind_of(fd, "lease").stx_mode & S_IFMT) != S_IFIFO || !is_writing_end(fd)) {
    throw rpc::invalid_params({{"lease", "it is something else", "the writing end of a pipe"}});
  }
}

// Called by the thread of the capture, which has time until there is memory to tell it.
std::function<void()> Captures::teller_of_end(std::uint64_t id) {
  const auto tell = [this, id, alive = std::weak_ptr(alive_)](const Endings& endings) noexcept {
    try {
      if (endings.post != nullptr) {
        (*endings.post)([this, id, alive] {
          if (!alive.expired()) {
            on_end(id);
          }
        });
      }
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  return [tell, endings = endings_] {
    std::unique_lock lock(endings->mutex);
    --endings->threads;
    endings->changed.notify_all();
    while (!tell(*endings)) {
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      lock.lock();
    }
  };
}

std::shared_ptr<Capture> Captures::begin_to_write(std::uint64_t id, const CaptureOptions& options,
                                                  CaptureEnds ends) {
  const auto count = [this](int change) {
    const std::lock_guard lock(endings_->mutex);
    endings_->threads += change;
  };
  count(1);
  try {
    return value_or_refuse(
        Capture::start(std::move(ends), options, network_.worker_count(), teller_of_end(id)));
  } catch (...) {
    count(-1);
    throw;
  }
}

std::uint64_t Captures::start(const CaptureSpec& spec, CaptureEnds ends) {
  check_start(spec);
  const std::uint64_t id = ++last_id_;  // never again: a thread may tell of it later
  running_.emplace(id, Running{spec, begin_to_write(id, spec.options, std::move(ends))});
  try {
    hear_of_ports();
    follow_ports();
  } catch (...) {
    forget(id);  // which ends it
    throw;
  }
  network_.events().publish(Topic::captures, "started", "", {{"capture", id}});
  return id;
}

void Captures::check_stop(std::uint64_t id, std::optional<std::uint32_t> guest) const {
  const auto found = running_.find(id);
  if (found == running_.end()) {
    throw no_capture(id);
  }
  if (guest && found->second.spec.guest != guest) {
    throw rpc::Error(rpc::ErrorKind::read_only,
                     fmt::format("capture {} is another's, and this socket is read-only", id));
  }
}

void Captures::stop(std::uint64_t id) {
  check_stop(id);
  running_.at(id).capture->stop();
}

// To be called when its thread has closed the file, or is not waited for any more.
void Captures::on_end(std::uint64_t id) {
  const auto found = running_.find(id);
  if (found == running_.end()) {
    return;
  }
  const Capture::Progress progress = found->second.capture->progress();
  forget(id);
  follow_ports();
  Json data = to_json(id, progress);
  data["why"] = progress.is_over ? progress.why : "the daemon ends, and its file takes nothing";
  network_.events().publish(Topic::captures, "ended", "", data);
}

// Ports may have a share of the capture until they are followed again.
void Captures::forget(std::uint64_t id) {
  running_.at(id).capture->stop();
  running_.erase(id);
  if (running_.empty() && subscription_) {
    network_.events().unsubscribe(*this, *std::exchange(subscription_, std::nullopt));
  }
}

void Captures::hear_of_ports() {
  if (!subscription_) {
    events::Wish wish;
    wish.topics.set(to_size(Topic::ports));
    subscription_ = network_.events().subscribe(*this, wish);
  }
}

// Whatever it is about: ports may have come or gone.
bool Captures::offer(std::string_view /*line*/) {
  if (!std::exchange(is_posted_, true)) {
    post_([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) {
        is_posted_ = false;
        follow_ports();
      }
    });
  }
  return true;
}

void Captures::follow_ports() {
  std::erase_if(watched_, [this](const auto& each) {
    const auto port = network_.ports().find(each.first);
    return port == network_.ports().end() || port->second.added != each.second.added;
  });
  std::map<Switch*, std::vector<Change>> changes;
  for (const auto& [name, port] : network_.ports()) {
    std::set<std::uint64_t> captures = captures_of(port);
    const auto watched = watched_.find(name);
    if (watched == watched_.end() ? !captures.empty() : watched->second.captures != captures) {
      changes[port.home->engine.get()].push_back(
          {&port, name, Watched{port.added, captures, watch_of(port, captures)}});
    }
  }
  for (auto& [engine, of_engine] : changes) {
    carry_out(*engine, of_engine);
  }
}

// Whoever watched a port before is needed until its switch has taken the others.
void Captures::carry_out(Switch& engine, std::vector<Change>& changes) {
  std::vector<Onlookers::Change> observers;
  observers.reserve(changes.size());
  for (const Change& change : changes) {
    observers.push_back({change.port, change.now.watch.get()});
  }
  network_.onlookers().set(engine, Onlookers::Kind::captures, observers);
  for (Change& change : changes) {
    if (change.now.captures.empty()) {
      watched_.erase(change.name);
    } else {
      watched_.insert_or_assign(change.name, std::move(change.now));
    }
  }
}

std::set<std::uint64_t> Captures::captures_of(const Network::RunningPort& port) const {
  std::set<std::uint64_t> captures;
  for (const auto& [id, running] : running_) {
    const CaptureSpec& spec = running.spec;
    const bool is_of_switch = !spec.switch_name || *spec.switch_name == port.home->spec.name;
    const bool is_named = spec.ports.empty() || spec.ports.contains(port.spec.name) ||
                          (port.is_guest() && spec.ports.contains(port.came_by));
    if (is_of_switch && is_named) {
      captures.insert(id);
    }
  }
  return captures;
}

// Returns null if nobody watches, or nobody has room for it.
std::unique_ptr<PortWatch> Captures::watch_of(const Network::RunningPort& port,
                                              const std::set<std::uint64_t>& captures) {
  std::vector<PortWatch::Watcher> watchers;
  for (const std::uint64_t id : captures) {
    Running& running = running_.at(id);
    if (auto interface = interface_in(running, port)) {
      watchers.push_back({running.capture, std::move(interface)});
    }
  }
  return watchers.empty() ? nullptr : std::make_unique<PortWatch>(std::move(watchers), numbers_);
}

// Returns null if there is no room for it.
std::shared_ptr<CaptureInterface> Captures::interface_in(Running& running,
                                                         const Network::RunningPort& port) {
  const std::string name = fmt::format("{}/{}", port.home->spec.name, port.spec.name);
  if (const auto known = running.interfaces.find(name); known != running.interfaces.end()) {
    return known->second;
  }
  auto interface = running.capture->add_interface(
      name, fmt::format("port of type {}", config::type_of(port.spec.far_end)));
  if (interface == nullptr) {
    ++running.ports_refused;
    return nullptr;
  }
  return running.interfaces.emplace(name, std::move(interface)).first->second;
}

}  // namespace tapswitch::network

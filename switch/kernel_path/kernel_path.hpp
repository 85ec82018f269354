// SPDX-License-Identifier: Apache-2.0
// kernel_path.hpp: the second adopter of pictures: it has the kernel forward known unicast between
// ports that can take part, and leaves all else to the workers.
//
// Theory of operation: a port takes part if the switch holds its far end by an interface of our own
// namespace and hears it by a packet socket (Port::path_seat()), if its link is up, if nobody
// looks at its frames and if nothing is to be finished for it. The programs of its interface are
// put there when the port comes and taken off when it goes; whether frames go by the path is up to
// the maps alone. A picture makes all words of the ports before it stale by one store, and is in
// force by another. Stations are written by whoever changes the FDB, in the same moment
// (FdbMirror), so that the path never knows what the FDB does not.
// Limits: those of path_words.h; what has no room stays with the workers. Threads: the control
// thread, but for what a mirror is told.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "switch/engine/adopters.hpp"
#include "switch/kernel_path/path_member.hpp"
#include "switch/kernel_path/path_mirror.hpp"

namespace tapswitch {

class KernelPath final : public Adopter {
 public:
  // An error if this kernel, or want of rights, does not let it. It is at rest until resume().
  [[nodiscard]] static KernelResult<std::unique_ptr<KernelPath>> open();
  KernelPath(const KernelPath&) = delete;
  KernelPath& operator=(const KernelPath&) = delete;
  ~KernelPath() override;

  // Whether nothing of it outlives the process, however that ends: from Linux 6.6 on.
  [[nodiscard]] bool goes_with_process() const;

  void withdraw(SwitchId id) noexcept override;
  void adopt_all(std::span<const Adoption> all) override;
  void add_totals(SwitchId id, PortIndex port, PortTotals& sum) const override;
  void add_totals(SwitchId id, VlanId vid, VlanTotals& sum) const override;

  // Leaves all frames to the sockets of the ports, whoever reads them, until resume(): another
  // process may have the ports.
  void pause() noexcept;
  void resume();

  // Looks whether the programs are still where they were put, and where far ends are now: a few
  // ports each time.
  void tick();

  // How many frames that came in by the port were lost so as not to overtake others.
  [[nodiscard]] std::uint64_t lost(SwitchId id, PortIndex port) const;

  // Whether the programs know the station. Where they do not, its frames are left to the workers.
  [[nodiscard]] bool knows(SwitchId id, Station station) const;

  // Why a port is not on the path; nullopt: it is.
  [[nodiscard]] std::optional<std::string> refusal(SwitchId id, PortIndex port) const;

 private:
  struct Home {
    std::uint32_t number = 0;
    std::uint64_t generation = 0;
    std::shared_ptr<const Picture> picture;
    std::map<PortIndex, PathMember> members;
    std::unique_ptr<PathMirror> mirror;  // null: no port has been on the path yet
  };

  explicit KernelPath(PathTools tools);

  [[nodiscard]] const PathMember* find(SwitchId id, PortIndex port) const;
  [[nodiscard]] std::optional<std::uint32_t> free_number() const;
  [[nodiscard]] std::optional<std::uint32_t> take_place();
  void forget(SwitchId id);
  void forget_stations(Home& home);
  void adopt(const Adoption& next);
  void adopt(Home& home);
  void drop_those_gone(Home& home);
  [[nodiscard]] PathMember* find_or_enter(Home& home, PortIndex index);
  void bring(Home& home, PortIndex index);
  void leave(PathMember& member);
  void open(Home& home);
  void shut(Home& home) noexcept;

  PathTools tools_;
  bool is_at_rest_ = true;
  std::map<SwitchId, Home> homes_;
  std::vector<bool> places_;  // of counters, which are taken
  std::size_t checked_ = 0;   // in how many ticks
};

}  // namespace tapswitch

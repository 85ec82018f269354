// SPDX-License-Identifier: Apache-2.0
#include "control/network/kinds/vde.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "control/network/account.hpp"
#include "control/network/kernel_refusal.hpp"
#include "switch/ports/vde/vde_door.hpp"

namespace tapswitch::network {
namespace {

class VdeEnd final : public OpenEnd {
 public:
  explicit VdeEnd(VdeDoor& door) : door_(door) {}

  [[nodiscard]] bool is_door() const override { return true; }
  [[nodiscard]] int bell() const override { return door_.bell(); }
  void answer() override { door_.answer(); }
  [[nodiscard]] std::optional<Guest> take_guest() override {
    std::unique_ptr<VdeGuest> guest = door_.take_guest();
    if (!guest) {
      return std::nullopt;
    }
    Guest taken{.port = nullptr, .number = guest->number(), .description = guest->description()};
    taken.port = std::move(guest);
    return taken;
  }

 private:
  VdeDoor& door_;
};

VdeOptions vde_options(const config::VdeSpec& spec) {
  return {.directory = spec.directory, .access = file_access(spec.access)};
}

}  // namespace

void check_open(const config::VdeSpec& end) { (void)vde_options(end); }

OpenedPort open_end(const config::VdeSpec& end, const Opening& /*opening*/) {
  std::unique_ptr<VdeDoor> port = value_or_refuse(VdeDoor::open(vde_options(end)));
  auto open = std::make_unique<VdeEnd>(*port);
  return {.port = std::move(port), .end = std::move(open)};
}

}  // namespace tapswitch::network

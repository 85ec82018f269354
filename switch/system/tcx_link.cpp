// SPDX-License-Identifier: Apache-2.0
#include "switch/system/tcx_link.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>

namespace tapswitch {
namespace {

constexpr std::uint32_t tcx_ingress = 46;  // BPF_TCX_INGRESS; not in Debian 12's <linux/bpf.h>
constexpr std::uint32_t before_others = 1 << 3;  // BPF_F_BEFORE

// The part of bpf_attr for BPF_LINK_CREATE.
struct LinkCreate {
  std::uint32_t program;
  std::uint32_t index;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint32_t relative;
  std::uint32_t unused;
  std::uint64_t expected_revision;
};

}  // namespace

KernelResult<UniqueFd> open_tcx_link(int index, int program) {
  LinkCreate request{};
  request.program = static_cast<std::uint32_t>(program);
  request.index = static_cast<std::uint32_t>(index);
  request.attach_type = tcx_ingress;
  request.flags = before_others;
  // The kernel closes it when another program is executed.
  UniqueFd fd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &request, sizeof request)));
  if (!fd.is_open()) {
    return kernel_error(errno, "BPF_LINK_CREATE", "put a program at",
                        fmt::format("interface {}", index));
  }
  return fd;
}

bool has_tcx_links(int program) {
  constexpr int of_no_interface = std::numeric_limits<int>::max();
  const auto refused = open_tcx_link(of_no_interface, program);
  return refused.has_error() && refused.error().number == ENODEV;
}

}  // namespace tapswitch

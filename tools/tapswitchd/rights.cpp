// SPDX-License-Identifier: Apache-2.0
#include "tools/tapswitchd/rights.hpp"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

namespace tapswitch::daemon {
namespace {

struct Kept {
  unsigned int capability;
  const char* because;
  bool is_for_file = false;
};

constexpr std::array<Kept, 8> kept_capabilities = {{
    {CAP_NET_ADMIN, "TAPs and veths are made, moved and configured with it"},
    {CAP_NET_RAW, "network interfaces that exist, and veths, are joined with it"},
    {CAP_NET_BROADCAST, "changes of interfaces in other network namespaces are heard with it"},
    {CAP_SYS_ADMIN, "another network namespace is entered with it"},
    {CAP_SYS_PTRACE, "the namespace of another user's process is found with it"},
    {CAP_DAC_OVERRIDE, "sockets of virtual machines may be in a directory of another user"},
    {CAP_CHOWN, "and those made there are given to him"},
    {CAP_FOWNER, "a startup file of another user keeps its mode when it is replaced", true},
}};

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

void drop_capabilities(bool has_file) {
  capng_get_caps_process();
  std::array<bool, kept_capabilities.size()> has{};
  for (std::size_t i = 0; i < has.size(); ++i) {
    const Kept& kept = kept_capabilities[i];
    has[i] = (has_file || !kept.is_for_file) &&
             capng_have_capability(CAPNG_PERMITTED, kept.capability) != 0;
  }
  // The bounding set can only be emptied by who may, which an ordinary user may not; to them it
  // means nothing, for they cannot gain by executing anything once no_new_privs is set.
  const bool may_change_bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  capng_clear(CAPNG_SELECT_ALL);
  for (std::size_t i = 0; i < has.size(); ++i) {
    if (has[i]) {
      capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                   kept_capabilities[i].capability);
    }
  }
  const auto sets = static_cast<capng_select_t>(
      may_change_bounds ? CAPNG_SELECT_ALL : CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT);
  if (const int error = capng_apply(sets); error != 0) {
    throw std::runtime_error(fmt::format("cannot drop capabilities (error {})", error));
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    throw std::runtime_error(
        fmt::format("cannot give up gaining privileges: {}", std::strerror(errno)));
  }
}

}  // namespace tapswitch::daemon

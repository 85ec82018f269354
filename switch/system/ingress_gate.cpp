// SPDX-License-Identifier: Apache-2.0
#include "switch/system/ingress_gate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "switch/system/route_request.hpp"

namespace tapswitch {
namespace {

constexpr std::uint32_t first_place = 1;
constexpr std::uint32_t last_place = 0xffff;

constexpr std::uint32_t gate_handle = 1;
constexpr std::uint32_t program_handle = 0x74'73'77;  // "tsw"

tcmsg place_of(int index) {
  tcmsg header{};
  header.tcm_ifindex = index;
  header.tcm_parent = TC_H_CLSACT;
  header.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  return header;
}

tcmsg filter_at(std::uint32_t place, std::uint32_t handle, int index) {
  tcmsg header{};
  header.tcm_ifindex = index;
  header.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
  header.tcm_handle = handle;
  header.tcm_info = TC_H_MAKE(place << 16, htons(ETH_P_ALL));
  return header;
}

tcmsg filter_of(int index) { return filter_at(last_place, gate_handle, index); }
tcmsg program_of(int index) { return filter_at(first_place, program_handle, index); }

// Returns 0, or the error; EEXIST if there is a place for filters.
int make_place(RouteSocket& routes, int index) {
  RouteRequest place(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, place_of(index));
  place.put(TCA_KIND, std::string("clsact"));
  return place.exchange(routes.handle());
}

KernelError gate_error(int number, std::string_view call, std::string_view action, int index) {
  return kernel_error(number, call, action, fmt::format("the gate of interface {}", index));
}

}  // namespace

KernelResult<ShutGate> shut_ingress(RouteSocket& routes, int index) {
  const int made = make_place(routes, index);
  if (made != 0 && made != EEXIST) {
    return gate_error(made, "RTM_NEWQDISC", "shut", index);
  }
  const sock_filter drop = {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = TC_ACT_SHOT};
  constexpr std::uint16_t length = 1;
  RouteRequest filter(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, filter_of(index));
  filter.put(TCA_KIND, std::string("bpf"));
  filter.nest(TCA_OPTIONS, [&] {
    filter.put(TCA_BPF_OPS_LEN, std::as_bytes(std::span(&length, 1)));
    filter.put(TCA_BPF_OPS, std::as_bytes(std::span(&drop, 1)));
    filter.put(TCA_BPF_FLAGS, std::uint32_t{TCA_BPF_FLAG_ACT_DIRECT});
  });
  const int error = filter.exchange(routes.handle());
  if (error == 0 || error == EEXIST) {
    return ShutGate{.has_made_place = made == 0};
  }
  if (made == 0) {
    RouteRequest unused(RTM_DELQDISC, 0, place_of(index));
    (void)unused.exchange(routes.handle());
  }
  return gate_error(error, "RTM_NEWTFILTER", "shut", index);
}

KernelResult<void> open_ingress(RouteSocket& routes, int index, bool has_made_place) {
  RouteRequest request(has_made_place ? RTM_DELQDISC : RTM_DELTFILTER, 0,
                       has_made_place ? place_of(index) : filter_of(index));
  if (const int error = request.exchange(routes.handle()); error != 0 && error != ENOENT) {
    return gate_error(error, has_made_place ? "RTM_DELQDISC" : "RTM_DELTFILTER", "open", index);
  }
  return {};
}

KernelResult<void> put_ingress_program(RouteSocket& routes, int index, int program) {
  if (const int made = make_place(routes, index); made != 0 && made != EEXIST) {
    return gate_error(made, "RTM_NEWQDISC", "put a program at", index);
  }
  RouteRequest filter(RTM_NEWTFILTER, NLM_F_CREATE, program_of(index));
  filter.put(TCA_KIND, std::string("bpf"));
  filter.nest(TCA_OPTIONS, [&] {
    filter.put(TCA_BPF_FD, static_cast<std::uint32_t>(program));
    filter.put(TCA_BPF_NAME, std::string("tapswitch"));
    filter.put(TCA_BPF_FLAGS, std::uint32_t{TCA_BPF_FLAG_ACT_DIRECT});
  });
  if (const int error = filter.exchange(routes.handle())) {
    return gate_error(error, "RTM_NEWTFILTER", "put a program at", index);
  }
  return {};
}

void remove_ingress_program(RouteSocket& routes, int index) {
  RouteRequest request(RTM_DELTFILTER, 0, program_of(index));
  (void)request.exchange(routes.handle());
}

bool has_ingress_program(RouteSocket& routes, int index) {
  RouteRequest request(RTM_GETTFILTER, 0, program_of(index));
  request.put(TCA_KIND, std::string("bpf"));
  return request.exchange(routes.handle()) == 0;
}

}  // namespace tapswitch

// SPDX-License-Identifier: Apache-2.0
// embedded.cpp: a switch inside a program: two TAPs in two namespaces, joined while a command runs.
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "switch/engine/switch.hpp"
#include "switch/ports/tap/tap_port.hpp"

namespace {

using namespace tapswitch;

// Opens the TAP 'name' in 'name_space' and attaches it as an access port of VLAN 10.
PortIndex add_port(Switch& lan, const std::string& name, const std::string& name_space,
                   const std::string& address) {
  TapOptions options;
  options.interface = name;
  options.name_space.emplace(name_space);
  options.addresses.push_back(InterfaceAddress::parse(address).value());
  // value() throws what the kernel refused, with the reason and what to do about it.
  auto tap = TapPort::open(options).value();

  PortRule rule;
  rule.vlan.mode = PortMode::access;
  rule.vlan.pvid = 10;
  return lan.add_port(std::move(tap), rule).value();
}

void print(const Switch& lan, const std::string& name, PortIndex port) {
  const PortTotals totals = lan.totals(port);
  fmt::print("{}: {} octets in, {} octets out\n", name, totals.in_octets, totals.out_octets);
}

}  // namespace

// Usage: embedded LEFT_NAMESPACE RIGHT_NAMESPACE COMMAND
int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: {} LEFT_NAMESPACE RIGHT_NAMESPACE COMMAND\n", argv[0]);
    return 2;
  }
  try {
    WorkerPool workers(1);
    Switch lan(workers);
    const PortIndex left = add_port(lan, "left", argv[1], "10.80.0.1/24");
    const PortIndex right = add_port(lan, "right", argv[2], "10.80.0.2/24");
    const int status = std::system(argv[3]);
    print(lan, "left", left);
    print(lan, "right", right);
    fmt::print("{} stations known\n", lan.fdb().size());
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "embedded: {}\n", error.what());
    return EXIT_FAILURE;
  }
}

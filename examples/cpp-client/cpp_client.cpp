// SPDX-License-Identifier: Apache-2.0
// cpp_client.cpp: drives a daemon from C++: calls, refusals, and events as they come.
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "control/client/client.hpp"

namespace {

using tapswitch::Json;
using tapswitch::client::Client;
using tapswitch::client::Refused;

std::string text(const Json& value) { return value.get<std::string>(); }

void add_port(Client& client, const char* name) {
  const Json port =
      client.call("port.add", {{"name", name}, {"vlan", {{"mode", "access"}, {"pvid", 10}}}});
  fmt::print("{}: {} on {}\n", name, text(port["state"]), text(port["switch"]));
}

// Until port 'name' is removed.
void tell_events(Client& client, const char* name) {
  while (true) {
    const Json event = client.next_event();
    fmt::print("event {}: {} {}\n", event["sequence"].get<int>(), text(event["data"]["name"]),
               text(event["event"]));
    if (event["event"] == "removed" && event["data"]["name"] == name) {
      return;
    }
  }
}

}  // namespace

// Usage: cpp_client SOCKET
int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: {} SOCKET\n", argv[0]);
    return 2;
  }
  try {
    Client client = Client::connect(argv[1]);
    client.call("event.subscribe", {{"topics", {"port"}}, {"snapshot", true}});
    add_port(client, "left");
    add_port(client, "right");
    try {
      client.call("port.set", {{"name", "left"}, {"mtu", 5}});
    } catch (const Refused& refused) {
      // For programs; what() is for people.
      const Json& data = refused.error()["data"];
      fmt::print("refused: {}: {}\n", text(data["field"]), text(data["problem"]));
    }
    client.call("port.remove", {{"name", "right"}});
    tell_events(client, "right");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "cpp_client: {}\n", error.what());
    return EXIT_FAILURE;
  }
}

// SPDX-License-Identifier: Apache-2.0
// A simulated Ethernet with two nodes. The first is joined to the TAP that is named on the command
// line, so that the real world reaches the second, which answers to 10.77.0.2.
#include <ns3/core-module.h>
#include <ns3/csma-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/tap-bridge-module.h>

int main(int argc, char** argv) {
  std::string tap = "sim";
  double seconds = 60;
  ns3::CommandLine options;
  options.AddValue("tap", "the TAP that exists", tap);
  options.AddValue("seconds", "how long the simulation goes on", seconds);
  options.Parse(argc, argv);

  // The real world does not wait, and looks at checksums.
  ns3::GlobalValue::Bind("SimulatorImplementationType",
                         ns3::StringValue("ns3::RealtimeSimulatorImpl"));
  ns3::GlobalValue::Bind("ChecksumEnabled", ns3::BooleanValue(true));

  ns3::NodeContainer nodes(2);
  ns3::CsmaHelper ethernet;
  ethernet.SetChannelAttribute("Delay", ns3::TimeValue(ns3::MilliSeconds(1)));
  const ns3::NetDeviceContainer devices = ethernet.Install(nodes);

  ns3::InternetStackHelper().Install(nodes.Get(1));
  ns3::Ipv4AddressHelper addresses("10.77.0.0", "255.255.255.0", "0.0.0.2");
  addresses.Assign(devices.Get(1));

  ns3::TapBridgeHelper bridge;
  bridge.SetAttribute("Mode", ns3::StringValue("UseBridge"));
  bridge.SetAttribute("DeviceName", ns3::StringValue(tap));
  bridge.Install(nodes.Get(0), devices.Get(0));

  ns3::Simulator::Stop(ns3::Seconds(seconds));
  ns3::Simulator::Run();
  ns3::Simulator::Destroy();
}

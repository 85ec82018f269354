// SPDX-License-Identifier: Apache-2.0
#include "tools/lab/machine.hpp"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "control/lab/wiring.hpp"
#include "switch/system/unique_fd.hpp"
#include "tools/lab/lab_directory.hpp"
#include "tools/lab/machine_monitor.hpp"
#include "tools/lab/safe_directory.hpp"

namespace tapswitch::lab {
namespace {

// Not only that the device is there: some machines have one on which nothing can run. They show it
// by a processor without SSE3, which every processor of that kind has.
bool has_kvm() {
  constexpr std::uint32_t features = 1;  // the leaf of CPUID
  constexpr std::uint32_t sse3 = 1;      // its bit in ECX
  constexpr std::uint32_t most_entries = 256;
  const UniqueFd kvm(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm.is_open()) {
    return false;
  }
  const UniqueFd machine(::ioctl(kvm.get(), KVM_CREATE_VM, 0));
  std::vector<std::byte> memory(sizeof(kvm_cpuid2) + most_entries * sizeof(kvm_cpuid_entry2));
  auto* const cpuid = reinterpret_cast<kvm_cpuid2*>(memory.data());
  cpuid->nent = most_entries;
  if (!machine.is_open() || ::ioctl(kvm.get(), KVM_GET_SUPPORTED_CPUID, cpuid) != 0) {
    return false;
  }
  const auto* const entries = reinterpret_cast<const kvm_cpuid_entry2*>(cpuid + 1);
  return std::any_of(entries, entries + cpuid->nent, [](const kvm_cpuid_entry2& entry) {
    return entry.function == features && (entry.ecx & sse3) != 0;
  });
}

// The number under which QEMU has the log of the console; the user's own begin at 0.
constexpr int console_set = 4711;

std::string accelerator_of(const Machine& machine) {
  return machine.accelerator == "auto" ? (has_kvm() ? "kvm" : "tcg") : machine.accelerator;
}

// In a value of QEMU's options a comma is written twice.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == ',' ? ",," : std::string(1, c);
  }
  return out;
}

// QEMU would guess too, and warn that it does.
const char* format_of(const std::string& image) {
  std::ifstream file(image, std::ios::binary);
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  return std::string_view(magic.data(), magic.size()) == "QFI\xfb" ? "qcow2" : "raw";
}

void append(std::vector<std::string>& words, std::vector<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
}

// A guest that gets out of its machine is nobody, and has few system calls. QEMU has opened all it
// needs before it becomes nobody. To forbid that it becomes somebody else (elevateprivileges) would
// end it there; afterwards the kernel does. Whoever says -sandbox in the file decides all of it.
std::vector<std::string> confinement(const std::vector<std::string>& arguments) {
  const auto says = [&](const char* option) {
    return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
  };
  const std::string sandbox = "on,obsolete=deny,spawn=deny,resourcecontrol=deny";
  if (says("-sandbox")) {
    return {};
  }
  if (says("-runas")) {
    return {"-sandbox", sandbox};
  }
  if (::geteuid() == 0 && has_all_users()) {
    return {"-sandbox", sandbox, "-runas", "65534:65534"};
  }
  return {"-sandbox", sandbox + ",elevateprivileges=deny"};
}

}  // namespace

std::string console_socket(const std::string& directory, const std::string& node) {
  return fmt::format("{}/{}.console.sock", directory, node);
}

std::string console_log(const std::string& node) { return node + ".console"; }

std::vector<std::string> machine_words(const LabSpec& lab, const NodeSpec& node,
                                       const std::string& directory) {
  const Machine& machine = node.machine;
  std::vector<std::string> words = {
      "qemu-system-x86_64",
      "-name",
      fmt::format("{}-{}", lab.name, node.name),
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-accel",
      accelerator_of(machine),
      "-m",
      std::to_string(machine.memory_mib),
      "-smp",
      std::to_string(machine.cpus),
      "-add-fd",
      fmt::format("fd=3,set={}", console_set),
      "-chardev",
      fmt::format("socket,id=console,path={},server=on,wait=off,logfile=/dev/fdset/{},logappend=on",
                  escaped(console_socket(directory, node.name)), console_set),
      "-serial",
      "chardev:console",
      "-qmp",
      fmt::format("unix:{},server=on,wait=off", escaped(monitor_socket(directory, node.name)))};
  if (!machine.kernel.empty()) {
    append(words, {"-kernel", machine.kernel, "-append", machine.append});
  }
  if (!machine.initrd.empty()) {
    append(words, {"-initrd", machine.initrd});
  }
  if (!machine.disk.empty()) {
    append(words,
           {"-drive", fmt::format("file={},if=virtio,format={},snapshot={}", escaped(machine.disk),
                                  format_of(machine.disk), machine.keeps_changes ? "off" : "on")});
  }
  const auto macs = macs_of(lab);
  std::size_t cards = 0;
  for (const LinkSpec& link : lab.links) {
    for (const End& end : {link.first, link.second}) {
      if (end.is_switch() || end.name != node.name) {
        continue;
      }
      append(words,
             {"-netdev",
              fmt::format("stream,id={},server=off,addr.type=unix,addr.path={}", card_name(cards),
                          escaped(card_socket(directory, node.name, end.interface))),
              "-device",
              fmt::format("virtio-net-pci,netdev={},mac={},romfile=", card_name(cards),
                          macs.at(end.text()))});
      ++cards;
    }
  }
  append(words, confinement(machine.arguments));
  append(words, machine.arguments);
  return words;
}

}  // namespace tapswitch::lab

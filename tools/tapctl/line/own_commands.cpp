// SPDX-License-Identifier: Apache-2.0
#include "tools/tapctl/line/own_commands.hpp"

#include <algorithm>
#include <string_view>

#include "control/config/schema.hpp"
#include "switch/capture/capture_filter.hpp"
#include "switch/frame/frame_buffer.hpp"
#include "switch/system/interface_name.hpp"
#include "tools/tapctl/line/option.hpp"
#include "tools/tapctl/top/top_view.hpp"

namespace tapswitch::tapctl {

using rpc::Field;
using rpc::Schema;

namespace {

constexpr std::int64_t longest_interval_seconds = 3600;
constexpr std::int64_t longest_capture_seconds = 31'536'000;  // a year
constexpr std::int64_t largest_capture_file = 1'000'000;      // in millions of bytes
constexpr std::int64_t most_capture_files = 1'000'000;

Field switch_field() { return {"switch", config::name_schema(), "only this switch and its ports"}; }

Schema captured_port_schema() {
  return Schema::text("port-or-end", "the name of a port; of a lab also NODE:INTERFACE",
                      is_name_or_end);
}

}  // namespace

const std::vector<rpc::Method>& own_commands() {
  static const std::vector<rpc::Method> all = {
      {"top", "what each port carries now, as a table that stays up to date",
       Schema::object({switch_field(),
                       {"sort", Schema::word(top_column_names()),
                        "by which column, numbers from the highest", false, "rx"},
                       {"filter", Schema::text(0, longest_filter),
                        "only ports whose own name or whose switch's contains this"},
                       {"interval", Schema::integer(1, longest_interval_seconds),
                        "seconds from one look to the next", false, 1},
                       {"once", Schema::boolean(), "print one table, then end", false, false}}),
       Schema::any()},
      {"capture",
       "frames of ports as they cross: as pcapng to a pipe or a file, as lines to a terminal",
       Schema::object(
           {{"ports", Schema::list(captured_port_schema(), 4'096),
             "of these ports; default: of all, also those to come"},
            {"switch", config::name_schema(), "only ports of this switch"},
            {"vlan", config::vlan_id_schema(),
             "only frames that belong to this VLAN, tagged or not"},
            {"write", Schema::text(1, longest_path), "to this file; -: to stdout (-w)"},
            {"count", Schema::integer(1, 0x7fff'ffff'ffff), "end after so many frames (-c)"},
            {"snaplen", Schema::integer(0, FrameBuffer::max_frame_size),
             "bytes kept of each frame; 0: all (-s)", false, 0},
            {"direction", Schema::word({"in", "out", "inout"}),
             "frames that the switch receives by the port, sends by it, or both (-Q)", false,
             "inout"},
            {"filter", Schema::text(0, CaptureFilter::longest_text),
             "only frames that match, in the words of pcap-filter(7)"},
            {"seconds", Schema::integer(1, longest_capture_seconds), "end after so long"},
            {"file_size", Schema::integer(1, largest_capture_file),
             "begin another file when one has more than so many million bytes (-C)"},
            {"files", Schema::integer(1, most_capture_files),
             "so many files at most, then the first is overwritten (-W)"},
            {"uncut", Schema::boolean(),
             "super-frames and unfinished checksums as they cross; else as a wire would have them",
             false, false},
            {"drops", Schema::boolean(),
             "only frames that the switch drops, each with the reason as its comment", false,
             false}}),
       Schema::any()},
      {"graph", "switches, VLANs and ports in the language of dot(1)",
       Schema::object(
           {switch_field(),
            {"stations", Schema::boolean(), "also the stations that are known", false, false}}),
       Schema::any()},
  };
  return all;
}

bool is_name_or_end(std::string_view text) {
  const std::size_t colon = text.find(':');
  return config::is_name(text.substr(0, colon)) &&
         (colon == std::string_view::npos || !interface_name_fault(text.substr(colon + 1)));
}

bool is_own_command(const std::string& name) {
  return std::any_of(own_commands().begin(), own_commands().end(),
                     [&](const rpc::Method& command) { return command.name == name; });
}

}  // namespace tapswitch::tapctl

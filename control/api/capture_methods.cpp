// SPDX-License-Identifier: Apache-2.0
#include "control/api/capture_methods.hpp"

#include <cstdint>
#include <utility>

#include "control/api/method_fields.hpp"
#include "control/api/results.hpp"
#include "control/config/schema.hpp"
#include "control/network/captures.hpp"

namespace tapswitch::api {

using config::name_schema;
using config::vlan_id_schema;
using rpc::Field;
using rpc::Method;
using rpc::Schema;

namespace {

Fields capture_fields() {
  constexpr std::int64_t longest_snap = FrameBuffer::max_frame_size;
  return {
      {"ports", Schema::list(name_schema(), 4'096), "only these; default: all, also those to come"},
      {"switch", name_schema(), "only ports of this switch"},
      {"vlan", vlan_id_schema(), "only frames that belong to this VLAN, tagged or not"},
      {"direction", Schema::word({"in", "out", "inout"}),
       "frames that the switch receives by the port (in), sends by it (out), or both", false,
       "inout"},
      {"filter", Schema::text(0, CaptureFilter::longest_text),
       "only frames that match, in the words of pcap-filter(7)", false, ""},
      {"snaplen", Schema::integer(0, longest_snap), "bytes kept of each frame; 0: all", false, 0},
      {"count", Schema::integer(0, 0x7fff'ffff'ffff), "frames after which it ends; 0: none", false,
       0},
      {"uncut", Schema::boolean(),
       "super-frames and unfinished checksums as they cross; else as a wire would have them", false,
       false},
      {"drops", Schema::boolean(),
       "only frames that the switch drops, each with the reason as its comment", false, false},
  };
}

Field capture_number_field() {
  return {"capture", Schema::integer(1, 0x7fff'ffff), "its number", true};
}

Schema capture_schema() {
  Fields fields{capture_number_field(),
                {"frames", count_schema(), "written", true},
                {"octets", count_schema(), "of its file", true},
                {"missed", count_schema(), "frames for which the writer was too slow", true},
                {"ports_refused", count_schema(), "ports for which there was no room", true}};
  for (Field field : capture_fields()) {
    if (field.name == "switch") {
      field.schema = Schema::any_of({name_schema(), Schema::null()}, "a name or null");
    } else if (field.name == "vlan") {
      field.schema = Schema::any_of({vlan_id_schema(), Schema::null()}, "a VID or null");
    }
    field.is_required = true;
    field.default_value = nullptr;
    fields.push_back(std::move(field));
  }
  return Schema::object(std::move(fields));
}

}  // namespace

std::vector<Method> capture_methods() {
  return {
      {"capture.start", "write the frames of ports to a file or a pipe, as pcapng",
       Schema::object(
           Fields{{"fd", descriptor_index_schema(),
                   "the file or pipe: which of the descriptors that came with the line", true},
                  {"lease", descriptor_index_schema(),
                   "the writing end of a pipe: the capture ends when nobody has the other"}} +
           capture_fields() + Fields{dry_run_field()}),
       or_plan(Schema::object({capture_number_field()})), true, true},
      {"capture.list", "the captures that run", Schema::object({}),
       Schema::object({{"captures", Schema::list(capture_schema(), network::Captures::most),
                        "in order of their numbers", true}})},
      {"capture.stop", "end a capture soon; event 'ended' of topic capture tells when",
       Schema::object({capture_number_field(), dry_run_field()}), or_plan(nothing()), true, true},
  };
}

}  // namespace tapswitch::api

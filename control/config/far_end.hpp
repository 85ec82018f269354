// SPDX-License-Identifier: Apache-2.0
// far_end.hpp: says what is at the other end of a port, of whatever kind: as a value, and as
// members of a port's JSON. The seam of the configuration: a new kind is a struct in far_ends/ that
// is a FarEndKind, and one more alternative of FarEnd. What runs of it is in
// control/network/kinds/.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "control/config/far_ends/claim.hpp"
#include "control/config/far_ends/interface.hpp"
#include "control/config/far_ends/patch.hpp"
#include "control/config/far_ends/qemu.hpp"
#include "control/config/far_ends/tap.hpp"
#include "control/config/far_ends/udp.hpp"
#include "control/config/far_ends/vde.hpp"
#include "control/config/far_ends/veth.hpp"
#include "control/config/far_ends/vhost_user.hpp"
#include "control/config/far_ends/vxlan.hpp"
#include "control/config/members.hpp"
#include "control/rpc/schema.hpp"

namespace tapswitch::config {

template <typename T>
concept FarEndKind = std::equality_comparable<T> && std::default_initializable<T> &&
    requires(T end, const T& other, Json& json, const std::string& port_name, Format format) {
  // The member "type" of its port.
  { T::type } -> std::convertible_to<std::string_view>;
  // The members of a far end in a port's JSON.
  { T::fields() } -> std::same_as<std::vector<rpc::Field>>;
  // Takes the values of those members that the JSON has, which has passed its schema. Throws
  // rpc::Error if they do not go together.
  end.read(json, port_name);
  other.write(json, port_name, format);
  { other.claim() } -> std::same_as<std::optional<Claim>>;
};

// One of which some can become otherwise while the port is open; of the others nothing can.
template <typename T>
concept ChangeableFarEnd = FarEndKind<T> && requires(const T& end) {
  // Whether that member cannot.
  { T::is_fixed(std::string_view()) } -> std::same_as<bool>;
  // Whether an open port of 'end' can be changed to the one given without being opened anew.
  { end.can_become(end) } -> std::same_as<bool>;
};

// The first is what a port is unless its "type" says otherwise.
using FarEnd = std::variant<TapSpec, InterfaceSpec, PatchSpec, QemuSpec, VdeSpec, VethSpec, UdpSpec,
                            VhostUserSpec, VxlanSpec>;

[[nodiscard]] std::string_view type_of(const FarEnd& end);

// The words that "type" can be.
[[nodiscard]] std::vector<std::string> far_end_types();

// The shapes of a port's JSON, one a kind: each has 'before', its own members, 'after'.
[[nodiscard]] rpc::Schema far_end_variant(const std::vector<rpc::Field>& before,
                                          const std::vector<rpc::Field>& after);

// The members of all kinds that can become otherwise while a port is open, each name once.
[[nodiscard]] std::vector<rpc::Field> changeable_far_end_fields();

// Makes 'end' one of the kind that 'json' names, with nothing said about it, unless it is of that
// kind already.
void take_type(FarEnd& end, const Json& json);

// Throws rpc::Error if 'json' names a member of another kind only.
void check_members(const FarEnd& end, const Json& json);

void read(FarEnd& end, const Json& json, const std::string& port_name);
void write(Json& json, const FarEnd& end, const std::string& port_name, Format format);

// Adds to 'json', an object of whatever else, the type of 'end' and the members that its kind
// requires, as far as they are not named: what a port that runs already need not be told again.
// Adds nothing if 'json' is of another type.
void complete(Json& json, const FarEnd& end, const std::string& port_name);

[[nodiscard]] std::optional<Claim> claim_of(const FarEnd& end);

// Says of an end that is an interface what it is called now ('interface'). False: it is none, or
// was called so already.
bool rename_interface(FarEnd& end, const std::string& name);

// Says of an end that is in a network namespace how that is called ('name_space'). Of others
// nothing is said.
void rename_name_space(FarEnd& end, const std::string& name);

// The next six are told by members that only some kinds have; for the others the answer is no.
// Whether it is an interface that the switch makes ('is_made').
[[nodiscard]] bool is_made(const FarEnd& end);
// Whether the user wants a port whose device is gone to be opened anew ('reopen').
[[nodiscard]] bool is_to_reopen(const FarEnd& end);
// Whether only a descriptor can open it, which somebody has to pass ('is_passed').
[[nodiscard]] bool is_passed(const FarEnd& end);
// The network namespace it is to be in, as the user says it ('name_space').
[[nodiscard]] std::optional<std::string> name_space_of(const FarEnd& end);
// Whether what comes in by it leaves by no other port of which the same is said ('split_horizon').
[[nodiscard]] bool has_split_horizon(const FarEnd& end);
// How fast it says that it is, in Mbit/s, as the user says it ('speed').
[[nodiscard]] std::optional<std::uint32_t> speed_of(const FarEnd& end);
// The port that is its other end, and must lead back ('leads_to()').
[[nodiscard]] std::optional<std::string> leads_to(const FarEnd& end);

[[nodiscard]] bool can_become(const FarEnd& running, const FarEnd& wanted);

// Names the members of a port that its open far end is to be told of: their values are those of the
// far end that is wanted, whatever they were taken to be. What is not named stays as it is.
using FarEndChange = std::set<std::string>;

// Returns those of 'json', which has passed check_members().
[[nodiscard]] FarEndChange far_end_change(const Json& json);
// Returns what one must be told to become the other. What is not wanted any more ("mtu" had been
// said, and is not now) stays as it is.
[[nodiscard]] FarEndChange far_end_change(const FarEnd& running, const FarEnd& wanted);

}  // namespace tapswitch::config

// SPDX-License-Identifier: Apache-2.0
#include "control/rpc/openrpc.hpp"

#include <algorithm>
#include <utility>

namespace tapswitch::rpc {

namespace {

Json content_descriptor(const Field& field) {
  Json schema = field.schema.to_json_schema();
  if (!field.default_value.is_null()) {
    schema["default"] = field.default_value;
  }
  Json json = {{"name", field.name}};
  if (!field.description.empty()) {
    json["description"] = field.description;
  }
  json["required"] = field.is_required;
  json["schema"] = std::move(schema);
  return json;
}

Json method_object(const Method& method) {
  std::vector<Field> fields = method.params.fields();
  // OpenRPC wants the required parameters first.
  std::stable_partition(fields.begin(), fields.end(),
                        [](const Field& field) { return field.is_required; });
  Json params = Json::array();
  for (const Field& field : fields) {
    params.push_back(content_descriptor(field));
  }
  Json json = {{"name", method.name},
               {"summary", method.summary},
               {"paramStructure", "by-name"},
               {"params", std::move(params)},
               {"result", {{"name", "result"}, {"schema", method.result.to_json_schema()}}}};
  if (method.params.type() == Schema::Type::variant) {
    json["x-params-schema"] = method.params.to_json_schema();
  }
  json["x-changes"] = method.changes;
  return json;
}

}  // namespace

Json openrpc_document(std::span<const Method> methods, std::string_view version) {
  Json list = Json::array();
  for (const Method& method : methods) {
    list.push_back(method_object(method));
  }
  return {{"openrpc", "1.3.2"},
          {"info", {{"title", "tapswitch"}, {"version", version}}},
          {"methods", std::move(list)}};
}

}  // namespace tapswitch::rpc

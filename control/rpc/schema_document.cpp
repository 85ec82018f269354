// SPDX-License-Identifier: Apache-2.0
// schema_document.cpp: a Schema told in the words of JSON Schema. The keywords used mean the same
// in draft 7 (which OpenRPC refers to) and in draft 2020-12 (which editors know).
#include <utility>

#include "control/rpc/schema_node.hpp"

namespace tapswitch::rpc {

namespace {

Json field_schema(const Field& field) {
  Json json = field.schema.to_json_schema();
  if (!field.description.empty()) {
    json["description"] = field.description;
  }
  if (!field.default_value.is_null()) {
    json["default"] = field.default_value;
  }
  return json;
}

Json object_schema(const std::vector<Field>& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    properties[field.name] = field_schema(field);
    if (field.is_required) {
      required.push_back(field.name);
    }
  }
  Json json = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) {
    json["required"] = std::move(required);
  }
  json["additionalProperties"] = false;
  return json;
}

// JSON Schema counts characters, Schema bytes, of which a character has up to four: the looser
// bound is told, so that no value is refused by an editor that the daemon would take.
Json text_schema(std::int64_t minimum_bytes, std::int64_t maximum_bytes) {
  Json json = {{"type", "string"}};
  if (minimum_bytes > 0) {
    json["minLength"] = (minimum_bytes + 3) / 4;
  }
  json["maxLength"] = maximum_bytes;
  return json;
}

Json all_of(const std::vector<Schema>& schemas) {
  Json json = Json::array();
  for (const Schema& schema : schemas) {
    json.push_back(schema.to_json_schema());
  }
  return json;
}

Json alternative_schema(const std::string& tag, const Schema::Alternative& alternative,
                        bool is_default) {
  Json properties = {{tag, {{"const", alternative.tag}}}};
  Json required = Json::array();
  if (!is_default) {
    required.push_back(tag);
  }
  Json json = object_schema(alternative.fields);
  properties.update(json["properties"]);
  json["properties"] = std::move(properties);
  if (json.contains("required")) {
    required.insert(required.end(), json["required"].begin(), json["required"].end());
  }
  if (!required.empty()) {
    json["required"] = std::move(required);
  }
  return json;
}

}  // namespace

Json Schema::to_json_schema() const {
  const Node& node = *node_;
  switch (node.type) {
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::integer:
      return {{"type", "integer"}, {"minimum", node.minimum}, {"maximum", node.maximum}};
    case Type::text:
      if (node.accepts) {
        return {{"type", "string"}, {"format", node.format}, {"description", node.allowed}};
      }
      return text_schema(node.minimum, node.maximum);
    case Type::word:
      return {{"type", "string"}, {"enum", node.words}};
    case Type::list:
      return {{"type", "array"},
              {"items", node.item.front().to_json_schema()},
              {"maxItems", node.maximum}};
    case Type::object:
      return object_schema(node.fields);
    case Type::map:
      return {{"type", "object"},
              {"propertyNames", node.key.front().to_json_schema()},
              {"additionalProperties", node.item.front().to_json_schema()},
              {"maxProperties", node.maximum}};
    case Type::variant: {
      Json alternatives = Json::array();
      for (const Alternative& alternative : node.alternatives) {
        alternatives.push_back(
            alternative_schema(node.tag, alternative, alternative.tag == node.default_tag));
      }
      return {{"oneOf", std::move(alternatives)}};
    }
    case Type::any_of:
      return {{"anyOf", all_of(node.choices)}, {"description", node.allowed}};
    case Type::null:
      return {{"type", "null"}};
    case Type::any:
      return node.shown.empty() ? Json::object() : node.shown.front().to_json_schema();
  }
  return Json::object();
}

}  // namespace tapswitch::rpc

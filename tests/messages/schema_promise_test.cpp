#include <capnp/schema.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "messages/schema/voltaic.capnp.h"
#include "messages/support/vectors.hpp"

namespace schema_promise_test {

namespace {

using voltaic::messages::schema::Envelope;

/// What the wire knows of a type, in words.
std::string type_text(capnp::Type type) {
  if (type.isList()) return "list of " + type_text(type.asList().getElementType());
  if (type.isStruct()) return type.asStruct().getShortDisplayName().cStr();
  if (type.isEnum()) return type.asEnum().getShortDisplayName().cStr();
  static const char* const names[] = {"void",    "bool",    "int8",   "int16",  "int32",
                                      "int64",   "uint8",   "uint16", "uint32", "uint64",
                                      "float32", "float64", "text",   "data"};
  return names[static_cast<unsigned>(type.which())];
}

void list(capnp::Type type, std::set<std::string>& lines);

/// One line a field: its struct, number, name, type and place.
void list(capnp::StructSchema schema, const std::string& name, std::set<std::string>& lines) {
  for (const auto field : schema.getFields()) {
    const auto proto = field.getProto();
    const std::string field_name = proto.getName().cStr();
    if (proto.isGroup()) {
      list(field.getType().asStruct(), name + "." + field_name, lines);
      continue;
    }
    auto line = name + " @" + std::to_string(proto.getOrdinal().getExplicit()) + " " + field_name +
                " :" + type_text(field.getType()) + " at " +
                std::to_string(proto.getSlot().getOffset());
    if (proto.getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT)
      line += " member " + std::to_string(proto.getDiscriminantValue());
    if (lines.insert(line).second) list(field.getType(), lines);
  }
}

void list(capnp::Type type, std::set<std::string>& lines) {
  while (type.isList()) type = type.asList().getElementType();
  if (type.isStruct()) list(type.asStruct(), type.asStruct().getShortDisplayName().cStr(), lines);
  if (!type.isEnum()) return;
  for (const auto one : type.asEnum().getEnumerants())
    lines.insert(std::string(type.asEnum().getShortDisplayName().cStr()) + " " +
                 std::to_string(one.getOrdinal()) + " " + one.getProto().getName().cStr());
}

} // namespace

TEST_CASE("the schema keeps every field that was ever promised") {
  std::set<std::string> now;
  list(capnp::Type(capnp::Schema::from<Envelope>()), now);
  const auto promised =
      voltaic::tests::lines_of(VOLTAIC_SOURCE_FOLDER "/tests/messages/schema_promise.txt");
  CHECK(promised.size() > 100);
  for (const auto& line : promised) {
    INFO("no longer true: " << line);
    CHECK(now.erase(line) == 1);
  }
  for (const auto& line : now) {
    INFO("new, promised from now on, belongs into schema_promise.txt: " << line);
    CHECK(false);
  }
}

} // namespace schema_promise_test

// The schema is walked by reflection: every field of every struct must be set
// in some sample, which the round trip then brings back. A field that the
// codec does not map, or a new one that nobody mapped yet, is named here.
#include <capnp/dynamic.h>
#include <capnp/message.h>

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "messages/codec_samples.hpp"
#include "messages/schema/voltaic.capnp.h"

namespace codec_schema_test {

using namespace voltaic;

namespace {

using coverage = std::map<std::string, std::set<std::string>>;

void walk(capnp::DynamicStruct::Reader from, coverage& seen);

void walk(const capnp::DynamicValue::Reader& value, coverage& seen) {
  if (value.getType() == capnp::DynamicValue::STRUCT) {
    walk(value.as<capnp::DynamicStruct>(), seen);
  } else if (value.getType() == capnp::DynamicValue::LIST) {
    for (const auto element : value.as<capnp::DynamicList>()) walk(element, seen);
  }
}

void walk(capnp::DynamicStruct::Reader from, coverage& seen) {
  auto& fields = seen[from.getSchema().getProto().getDisplayName().cStr()];
  for (const auto field : from.getSchema().getFields()) {
    const bool in_union = field.getProto().getDiscriminantValue() != 0xFFFF;
    const auto active = from.which();
    KJ_IF_MAYBE (which, active) {
      if (in_union && !(*which == field)) continue;
    }
    // The active member of a union counts as set even when it holds its default.
    if (!in_union && !from.has(field, capnp::HasMode::NON_DEFAULT)) continue;
    fields.insert(field.getProto().getName().cStr());
    walk(from.get(field), seen);
  }
}

/// Every struct and group that can be reached, with all its fields.
void expect(capnp::Type type, coverage& all);

void expect(capnp::StructSchema schema, coverage& all) {
  auto& fields = all[schema.getProto().getDisplayName().cStr()];
  if (!fields.empty()) return;
  for (const auto field : schema.getFields()) {
    fields.insert(field.getProto().getName().cStr());
    expect(field.getType(), all);
  }
}

void expect(capnp::Type type, coverage& all) {
  while (type.isList()) type = type.asList().getElementType();
  if (type.isStruct()) expect(type.asStruct(), all);
}

} // namespace

TEST_CASE("every field of the schema has a mapping and comes back") {
  coverage seen;
  auto contents = tests::sample_payloads();
  messages::command worded;
  worded.value = std::string("closed");
  contents.push_back(worded);
  contents.push_back(messages::command());
  for (const auto& content : contents) {
    const auto frame = messages::encode(tests::sample_header(), content);
    const auto bytes = frame->bytes();
    const auto* words = reinterpret_cast<const capnp::word*>(bytes.data());
    const kj::ArrayPtr<const capnp::word> segment(words + 1, bytes.size() / sizeof(*words) - 1);
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1));
    walk(capnp::DynamicStruct::Reader(reader.getRoot<messages::schema::Envelope>()), seen);
    const auto back = messages::decode(*frame);
    REQUIRE(back);
    CHECK(back->payload == content);
  }
  coverage all;
  expect(capnp::Schema::from<messages::schema::Envelope>(), all);
  CHECK(all.size() >= 17);
  for (const auto& [type, fields] : all) {
    for (const auto& field : fields) {
      INFO(type << "." << field << " is set in no sample");
      CHECK(seen[type].count(field) == 1);
    }
  }
}

} // namespace codec_schema_test

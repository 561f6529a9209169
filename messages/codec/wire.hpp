#pragma once

#include "messages/codec/codec.hpp"
#include "messages/schema/voltaic.capnp.h"

/// The two halves of the codec. Included by its .cpp files only: whoever
/// includes this sees Cap'n Proto.
namespace voltaic::messages::wire {

/// Writes header and payload into an empty envelope.
void write(schema::Envelope::Builder envelope, const header& header, const payload& content);

/// Reads everything. Throws `refusal`, or kj::Exception from Cap'n Proto.
[[nodiscard]] message read(schema::Envelope::Reader envelope);

/// Thrown inside the codec for a value out of range, caught by `decode`.
struct refusal {
  const char* text;
};

} // namespace voltaic::messages::wire

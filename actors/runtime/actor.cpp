#include "actors/runtime/actor.hpp"

namespace voltaic::actors::runtime {

// An actor that owns no device gets no device input: by default it is ignored.
void actor::receive(const bus::can::batch&) {}
void actor::receive(const bus::modbus::poll&) {}
void actor::receive(const bus::digital::sample&) {}
void actor::receive(const bus::modbus::write_answer&) {}
void actor::stored(std::uint64_t, const bus::storage::append_result&) {}
void actor::wake(instant) {}
void actor::ending() {}
void actor::linked() {}

condition actor::condition() const {
  return runtime::condition::good;
}

} // namespace voltaic::actors::runtime
